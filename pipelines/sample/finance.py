"""What finance hands over: the quotas, with headers of a spreadsheet."""

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
EXPORTS = {"quotas": QUOTAS}
