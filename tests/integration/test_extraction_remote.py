"""A landing folder in an object store: a real S3 API, served on this machine."""

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from pipelines.commands.doctor import examine
from pipelines.errors import ConfigError, NothingReadableError
from pipelines.extract import landing
from pipelines.extract.folders import RemoteFolder
from pipelines.extract.run import extract, inspect
from pipelines.settings import load_settings

BUCKET = "exports"
DEALS = "id,stage,amount,created,owner\n"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint, monkeypatch):
    """An empty bucket, and the keys of its owner in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket=BUCKET)
    yield client
    for listed in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=listed["Key"])
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def remote(crm, store, endpoint):
    """The company of the other tests, its landing folder in the bucket."""
    crm.more = {
        "paths": {
            "landing": f"s3://{BUCKET}/nightly",
            "landing_options": {"endpoint_url": endpoint},
        }
    }
    crm.landing.rmdir()
    crm.landing.parent.rmdir()
    return crm


def _put(store, name, *rows, header=DEALS):
    text = header + "".join(f"{row}\n" for row in rows)
    store.put_object(Bucket=BUCKET, Key=f"nightly/crm/{name}", Body=text.encode())


def test_exports_in_a_store_are_read_and_known_again_without_being_fetched(
    remote, store, monkeypatch
):
    good, bad = "D1,Open,10,2023-12-01,Ada", "D2,Open,x,2023-12-01,Ada"
    _put(store, "2024/deals_2024-01-01.csv", good, bad)
    _put(store, "people.csv", "1,Ada", header="user,name\n")
    _put(store, "deals_2024-01-02.csv.part", "D1,Open,10,2023-12-01,Ada")
    _put(store, ".hidden.csv", "D1,Open,10,2023-12-01,Ada")
    assert [file.state for file in inspect(remote.settings)] == ["applied", "applied"]
    extraction = remote.extract()
    assert {file.file_name: file.state for file in extraction.files} == {
        "2024/deals_2024-01-01.csv": "applied",
        "people.csv": "applied",
    }
    assert remote.state(1) == {"D1": 10}
    (counts,) = remote.query(
        "select rows_read, new_rows, quarantined_rows, as_of_basis from run.row_accounting "
        "where object = 'opportunities'"
    )
    assert counts == (2, 1, 1, "setting pattern")
    assert len(list(remote.settings.originals_dir.rglob("*.zst"))) == 2

    fetched = []
    fetch = RemoteFolder.fetched
    monkeypatch.setattr(
        RemoteFolder,
        "fetched",
        lambda self, source, name, *, scratch: (
            fetched.append(name) or fetch(self, source, name, scratch=scratch)
        ),
    )
    assert {file.state for file in remote.extract().files} == {"unchanged"}
    assert fetched == []
    _put(store, "people.csv", "1,Ada L.", header="user,name\n")
    _put(store, "deals_2024-01-02.csv", "D1,Open,11,2023-12-01,Ada")
    remote.extract()
    assert fetched == ["deals_2024-01-02.csv", "people.csv"]
    assert remote.states(1, 2) == [{"D1": 10}, {"D1": 11}]


def test_a_file_that_changes_in_the_store_while_it_is_read_is_refused(remote, store, monkeypatch):
    _put(store, "deals_2024-01-01.csv", "D1,Open,10,2023-12-01,Ada")
    _put(store, "people.csv", "1,Ada", header="user,name\n")
    hash_it, calls = landing.content_hash, []

    def hash_while_it_is_replaced(path):
        if path.name.startswith("deals") and not calls:
            calls.append(path)
            _put(store, "deals_2024-01-01.csv", "D1,Open,99,2023-12-01,Ada")
        return hash_it(path)

    monkeypatch.setattr(landing, "content_hash", hash_while_it_is_replaced)
    assert [file.state for file in remote.extract().files] == ["refused", "applied"]
    assert remote.extract().has_news
    assert remote.state(1) == {"D1": 99}


def test_without_a_name_or_a_row_that_tells_the_moment_it_is_that_of_the_store(remote, store):
    remote.opportunities.pop("as_of")
    _put(store, "deals.csv", "D1,Open,10,2023-12-01,Ada")
    (file,) = [one for one in remote.extract().files if one.object == "opportunities"]
    listed = store.list_objects_v2(Bucket=BUCKET)["Contents"][0]["LastModified"]
    assert file.as_of_basis == "file time"
    assert file.as_of.replace(microsecond=0) == listed.replace(tzinfo=None, microsecond=0)


def test_what_stands_in_the_bucket_beside_the_sources_is_told(remote, store):
    _put(store, "people.csv", "1,Ada", header="user,name\n")
    store.put_object(Bucket=BUCKET, Key="nightly/stray/deals.csv", Body=b"x")
    notes = remote.extract().notes
    assert notes == [f"s3://{BUCKET}/nightly/stray: belongs to no source of the config; ignored"]


def test_a_bucket_that_is_not_there(remote, store):
    remote.more["paths"]["landing"] = "s3://nowhere/nightly"
    with pytest.raises(NothingReadableError, match="s3://nowhere/nightly: the landing folder"):
        remote.extract()
    (told,) = [one for one in examine(remote.settings.config_path) if one.subject == "landing"]
    assert told.state == "fail"
    assert "s3://nowhere/nightly" in told.found


@pytest.mark.parametrize(
    ("landing_url", "told"),
    [
        ("gs://exports", r"gs://exports: gcsfs is not installed.*pip install -e '.\[gs\]'"),
        ("az://exports", r"az://exports: adlfs is not installed.*pip install -e '.\[az\]'"),
    ],
)
def test_a_store_whose_package_is_not_installed(crm, landing_url, told):
    crm.more = {"paths": {"landing": landing_url}}
    with pytest.raises(ConfigError, match=told):
        extract(crm.settings)


def test_an_address_that_no_store_has(crm):
    crm.more = {"paths": {"landing": "ftp://exports"}}
    with pytest.raises(ConfigError, match="'ftp://' is not an address; allowed: s3"):
        load_settings(crm.settings.config_path)
