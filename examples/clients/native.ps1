<#
Start a job over runbell's own API, wait for its end; its log goes to the host, its result to the output.

  $env:RUNBELL_URL = 'http://127.0.0.1:7878'; $env:RUNBELL_TOKEN = 'KEY'
  ./native.ps1 JOB '{"name": "Ada"}'

Instead of RUNBELL_TOKEN (an API key or a token): RUNBELL_CLIENT_ID and RUNBELL_CLIENT_SECRET. PowerShell 7 or newer.
Exit code: 0 succeeded, 13 with warnings, 10 failed, 11 time limit, 12 stopped, 14 discarded, 15 lost; 1 refused.
#>
param([Parameter(Mandatory)][string]$Job, [string]$Parameters = '{}')
$ErrorActionPreference = 'Stop'
$url = $env:RUNBELL_URL ?? 'http://127.0.0.1:7878'
# What fails for the moment is sent again; with an Idempotency-Key that is safe for a start, too.
$again = @{ MaximumRetryCount = 5; RetryIntervalSec = 2 }

try {
    $token = $env:RUNBELL_TOKEN
    if (-not $token) {
        $login = [Text.Encoding]::UTF8.GetBytes("$($env:RUNBELL_CLIENT_ID):$($env:RUNBELL_CLIENT_SECRET)")
        $basic = @{ Authorization = "Basic $([Convert]::ToBase64String($login))" }
        $token = (Invoke-RestMethod "$url/oauth/token" -Method Post -Headers $basic -Body @{ grant_type = 'client_credentials' } @again).access_token
    }
    $bearer = @{ Authorization = "Bearer $token" }
    $start = $bearer + @{ 'Idempotency-Key' = [guid]::NewGuid().ToString() }
    $execution = Invoke-RestMethod "$url/api/v1/jobs/$Job/executions" -Method Post -Headers $start -ContentType 'application/json' -Body "{`"params`": $Parameters}" @again
    $path = "$url/api/v1/executions/$($execution.id)"
    Write-Host "execution $($execution.number): $($execution.id)"
    while (-not $execution.ended_at) {
        $execution = Invoke-RestMethod "${path}?wait=20" -Headers $bearer @again # answers at its end, or after 20 s
    }
    $status = $execution.status
    $code = $execution.exit_status.code
    Write-Host "$status ($code)"
    Write-Host -NoNewline ([string](Invoke-WebRequest "$path/logs/raw" -Headers $bearer @again).Content)
    [string](Invoke-WebRequest "$path/result" -Headers $bearer @again).Content # nothing (204) when there is none
}
catch {
    $reason = if ($_.ErrorDetails) { $_.ErrorDetails.Message } else { $_.Exception.Message }
    try { $reason = ($reason | ConvertFrom-Json).detail } catch { }
    [Console]::Error.WriteLine("refused: $reason")
    exit 1
}
if ($status -eq 'succeeded' -and $code -eq 'WARN') { exit 13 }
if ($status -eq 'failed' -and $code -eq 'TIMEOUT') { exit 11 }
exit @{ succeeded = 0; failed = 10; stopped = 12; discarded = 14; lost = 15 }[$status]
