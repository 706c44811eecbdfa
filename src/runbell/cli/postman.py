"""`runbell postman`: a Postman collection, to import or to run with newman."""

from runbell.cli.completing import JobName
from runbell.cli.naming import job_named
from runbell.cli.output import note, put, put_json
from runbell.cli.reaching import HERE, Common


def postman(job: JobName | None = None, /, *, after: str | None = None, common: Common = HERE) -> int:
    """Print a Postman collection (v2.1) of a job, or of all that can be started over the API.

    It holds no credential: give it clientId and clientSecret, or apiKey. newman run FILE --env-var apiKey=KEY runs it.

    Parameters
    ----------
    job
        Its name.
    after
        Of the jobs after that name, where there are more than fit into one collection.
    """
    with common.client() as client:
        if job is None:
            made = client.postman(after=after)
        else:
            with job_named(client, job):
                made = client.postman(job)
    if "(more:" in made["info"]["name"]:
        note(f"{made['info']['name']}; runbell postman --after prints the others.")
    put(common.form, made, lambda: put_json(made))
    return 0
