<#
Start a job over OCAPI (Data API, Jobs), wait for its end; its log goes to the host, the job execution to the output.

  $env:BASE = 'http://127.0.0.1:7878'; $env:CID = 'CLIENT'; $env:CSECRET = 'SECRET'
  ./ocapi.ps1 CustomerImportJob @{ region = 'north' }

BASE stands for the instance, AUTH (BASE, unless told) for the account manager. PowerShell 7 or newer.
Exit code: 0 finished well, 13 with warnings, 10 in error, 12 aborted, 14 discarded, 15 lost; 1 refused.
#>
param([Parameter(Mandatory)][string]$Job, [hashtable]$Parameters = @{})
$ErrorActionPreference = 'Stop'
$auth = $env:AUTH ?? $env:BASE

try {
    $login = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("$($env:CID):$($env:CSECRET)"))
    $token = Invoke-RestMethod "$auth/dwsso/oauth2/access_token" -Method Post -Headers @{ Authorization = "Basic $login" } -Body @{ grant_type = 'client_credentials' }
    $bearer = @{ Authorization = "Bearer $($token.access_token)" }
    $executions = "$($env:BASE)/s/-/dw/data/v17_4/jobs/$([uri]::EscapeDataString($Job))/executions"
    $told = @($Parameters.GetEnumerator() | ForEach-Object { @{ name = $_.Key; value = [string]$_.Value } })
    $body = ConvertTo-Json @{ parameters = $told } -Depth 5
    $execution = Invoke-RestMethod $executions -Method Post -Headers $bearer -ContentType 'application/json' -Body $body
    Write-Host "execution $($execution.id)"
    while ($execution.execution_status -notin 'finished', 'aborted') {
        Start-Sleep ([double]($env:PAUSE ?? 5))
        $execution = Invoke-RestMethod "$executions/$($execution.id)" -Headers $bearer
    }
    $log = Invoke-WebRequest "$($env:BASE)/on/demandware.servlet/webdav$($execution.log_file_path)" -Headers $bearer
    Write-Host -NoNewline ([string]$log.Content)
}
catch {
    $reason = if ($_.ErrorDetails) { $_.ErrorDetails.Message } else { $_.Exception.Message }
    try { $reason = ($reason | ConvertFrom-Json).fault.message } catch { }
    [Console]::Error.WriteLine("refused: $reason")
    exit 1
}
$execution | ConvertTo-Json -Depth 10
if ($execution.exit_status.status -eq 'ok') { exit ($execution.status -eq 'WARN' ? 13 : 0) }
exit (@{ ABORTED = 12; DISCARDED = 14; LOST = 15 }[$execution.status] ?? 10)
