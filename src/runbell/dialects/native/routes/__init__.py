"""The native routes: one table of everything that this door offers."""

from msgspec import structs

from runbell.dialects.native.audit import Audit
from runbell.dialects.native.bulk import Bulks
from runbell.dialects.native.collections import Collections
from runbell.dialects.native.data import Rows
from runbell.dialects.native.executions import Executions
from runbell.dialects.native.files import Files
from runbell.dialects.native.jobs import Jobs
from runbell.dialects.native.routes.audit import of_audit
from runbell.dialects.native.routes.bulk import of_bulks, of_house
from runbell.dialects.native.routes.data import of_data, of_downloads
from runbell.dialects.native.routes.events import of_events
from runbell.dialects.native.routes.executions import of_executions, of_starts
from runbell.dialects.native.routes.files import of_files
from runbell.dialects.native.routes.jobs import of_jobs, of_urls
from runbell.dialects.native.routes.logs import of_logs
from runbell.dialects.native.routes.oauth import of_oauth
from runbell.dialects.native.routes.plans import of_plans
from runbell.dialects.native.routes.said import PROJECT
from runbell.dialects.native.routes.schedules import of_schedules
from runbell.dialects.native.routes.secrets import of_secrets
from runbell.dialects.native.routes.service import of_collections, of_service
from runbell.dialects.native.routes.webhooks import of_webhooks
from runbell.dialects.native.secrets import Secrets
from runbell.dialects.native.service import Service
from runbell.dialects.native.urls import Urls
from runbell.dialects.native.webhooks import Webhooks
from runbell.http.route import Route


def routes(
    executions: Executions,
    jobs: Jobs,
    audit: Audit,
    secrets: Secrets,
    rows: Rows,
    files: Files,
    webhooks: Webhooks,
    bulks: Bulks,
    service: Service,
    collections: Collections,
    urls: Urls,
    *,
    metrics_open: bool,
    postman_open: bool,
) -> list[Route]:
    """The whole table."""
    mine = [
        *of_jobs(jobs), *of_starts(executions), *of_executions(executions), *of_logs(), *of_events(),
        *of_audit(audit), *of_plans(), *of_secrets(secrets), *of_files(files), *of_data(rows),
        *of_webhooks(webhooks),
        *of_bulks(bulks), *of_house(), *of_urls(urls), *of_schedules(),
    ]  # fmt: skip
    in_a_project = [structs.replace(route, query=(*route.query, PROJECT)) for route in mine]
    about = [
        *of_service(service, metrics_open=metrics_open), *of_collections(collections, postman_open=postman_open)
    ]  # fmt: skip
    return [*in_a_project, *of_downloads(), *of_oauth(), *about]
