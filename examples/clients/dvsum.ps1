<#
Start a job over DvSum's job execution API, wait for its end; the details go to the output.

  $env:BASE = 'http://127.0.0.1:7878'; $env:CID = 'CLIENT'; $env:CSECRET = 'SECRET'
  ./dvsum.ps1 48213

BASE stands for https://apis.dvsum.ai, AUTH (BASE, unless told) for https://auth.dvsum.ai. PowerShell 7 or newer.
Exit code: 0 Completed, 10 Failed, 12 Stopped, 14 Discarded, 15 lost; 1 refused.
#>
param([Parameter(Mandatory)][string]$Job)
$ErrorActionPreference = 'Stop'
$auth = $env:AUTH ?? $env:BASE
# What fails for the moment is sent again; with an Idempotency-Key that is safe for a start, too.
$again = @{ MaximumRetryCount = 5; RetryIntervalSec = 2 }

try {
    $login = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("$($env:CID):$($env:CSECRET)"))
    $token = Invoke-RestMethod "$auth/oauth2/token" -Method Post -Headers @{ Authorization = "Basic $login" } -Body @{ grant_type = 'client_credentials' } @again
    $bearer = @{ Authorization = "Bearer $($token.access_token)" }
    $start = $bearer + @{ 'Idempotency-Key' = [guid]::NewGuid().ToString() }
    $execution = Invoke-RestMethod "$($env:BASE)/integration/jobs/$Job/execute" -Method Post -Headers $start -ContentType 'application/json' @again
    Write-Host "execution $($execution.execution_id)"
    while (-not $execution.is_finished) {
        Start-Sleep ([double]($env:PAUSE ?? 5))
        $execution = Invoke-RestMethod "$($env:BASE)/integration/jobs/$($execution.execution_id)/details" -Headers $bearer @again
    }
}
catch {
    $reason = if ($_.ErrorDetails) { $_.ErrorDetails.Message } else { $_.Exception.Message }
    try { $reason = ($reason | ConvertFrom-Json).message } catch { }
    [Console]::Error.WriteLine("refused: $reason")
    exit 1
}
$execution | ConvertTo-Json -Depth 10
if ($execution.exit_code -eq 'LOST') { exit 15 }
exit @{ Completed = 0; Failed = 10; Stopped = 12; Discarded = 14 }[$execution.status]
