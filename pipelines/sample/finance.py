"""What finance hands over, with headers of a spreadsheet: the quotas, and who moved where."""

from pipelines.sample.exports import Export

QUOTAS = Export(
    fields=(
        "Measure",
        "Rep Email",
        "Rep Name",
        "Team",
        "Period Start",
        "Period End",
        "Target",
        "Currency",
    ),
    filled={
        "Measure": "'revenue'",
        "Rep Email": "staff.email",
        "Rep Name": "staff.name",
        "Team": "quotas.team",
        "Period Start": "day_text(quotas.start)",
        "Period End": 'day_text(quotas."end")',
        "Target": "quotas.amount",
        "Currency": "'USD'",
    },
    rows="from quotas left join staff on quotas.person = staff.id order by quotas.id",
    is_quoted=False,
)
ORG_CHANGES = Export(
    fields=("Email", "Effective", "Team", "Manager", "Region", "Title", "Share"),
    filled={
        "Email": "staff.email",
        "Effective": "day_text(places.since)",
        "Team": "places.team",
        "Manager": "managers.name",
        "Region": "places.region",
        "Title": "staff.title",
        "Share": "cast(places.share / 100 as decimal(4, 2))",
    },
    rows="""
    from places
    inner join staff on places.person = staff.id
    inner join staff as managers on places.manager = managers.id
    where places.is_filed and places.since <= getvariable('today')
    order by staff.id, places.since, places.share desc
    """,
    is_quoted=False,
)
EXPORTS = {"quotas": QUOTAS, "org_changes": ORG_CHANGES}
