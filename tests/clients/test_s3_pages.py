"""What web pages and strangers with a link do: CORS, forms, presigned URLs, buckets as host names."""

import socket
import time
from collections.abc import Callable
from typing import Any

import boto3
import botocore.config
import pytest
import requests
from botocore.exceptions import ClientError

from harness.daemon import CREDENTIALS, Daemon

APP = {"Origin": "https://app.example.com"}
RULES = {
    "CORSRules": [
        {"AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]},
    ]
}


def signing(daemon: Daemon, version: str, style: str = "path", url: str = "") -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url or daemon.url,
        region_name="us-east-1",
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=botocore.config.Config(signature_version=version, s3={"addressing_style": style}),
    )


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_urls(daemon: Daemon, bucket: str, version: str) -> None:
    s3 = signing(daemon, version)
    target = {"Bucket": bucket, "Key": "a b/ü"}
    put = s3.generate_presigned_url("put_object", Params=target, ExpiresIn=60)
    assert requests.put(put, data=b"content", timeout=30).status_code == 200
    get = s3.generate_presigned_url(
        "get_object", Params={**target, "ResponseContentType": "text/x-own", "ResponseContentDisposition": "attachment"}
    )
    got = requests.get(get, timeout=30)
    assert (got.content, got.headers["Content-Type"]) == (b"content", "text/x-own")
    assert got.headers["Content-Disposition"] == "attachment"
    short = s3.generate_presigned_url("get_object", Params=target, ExpiresIn=1)
    deadline = time.monotonic() + 10
    while requests.get(short, timeout=30).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    late = requests.get(short, timeout=30)
    assert late.status_code == 403
    assert "Request has expired" in late.text


def test_forms(daemon: Daemon, s3: Any, bucket: str) -> None:
    post = signing(daemon, "s3v4").generate_presigned_post(
        bucket,
        "user/${filename}",
        Fields={"acl": "private", "success_action_status": "201", "x-amz-meta-who": "me"},
        Conditions=[
            {"acl": "private"},
            {"success_action_status": "201"},
            {"x-amz-meta-who": "me"},
            ["content-length-range", 1, 10],
        ],
    )

    def send(content: bytes, **more: str) -> requests.Response:
        files = {"file": ("photo.jpg", content)}
        return requests.post(post["url"], data={**post["fields"], **more}, files=files, timeout=30)

    sent = send(b"bytes")
    assert sent.status_code == 201, sent.text
    assert "<Key>user/photo.jpg</Key>" in sent.text
    got = s3.get_object(Bucket=bucket, Key="user/photo.jpg")
    assert (got["Body"].read(), got["Metadata"]) == (b"bytes", {"who": "me"})
    assert "EntityTooLarge" in send(b"far too long").text
    assert "AccessDenied" in send(b"bytes", **{"x-amz-meta-other": "1"}).text


def test_pages_are_admitted_by_the_buckets_rules(daemon: Daemon, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"content")
    url = f"{daemon.url}/{bucket}/k"
    assert requests.get(url, headers=APP, timeout=30).status_code == 403
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=RULES)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["AllowedMethods"] == ["GET", "PUT"]
    got = requests.get(url, headers=APP, timeout=30)
    assert got.content == b"content"
    assert got.headers["Access-Control-Allow-Origin"] == APP["Origin"]
    ask = {**APP, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    preflight = requests.options(url, headers=ask, timeout=30)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Headers"] == "content-type"
    assert requests.put(url, data=b"new", headers=APP, timeout=30).status_code == 200
    assert requests.delete(url, headers=APP, timeout=30).status_code == 403
    assert requests.get(url, headers={"Origin": "https://evil.org"}, timeout=30).status_code == 403
    assert requests.put(f"{daemon.url}/{bucket}?cors", data=b"x", headers=APP, timeout=30).status_code == 403
    job = {**APP, "X-Amz-Target": "SageMaker.ListTrainingJobs"}
    assert requests.post(f"{daemon.url}/{bucket}/k", data=b"{}", headers=job, timeout=30).status_code == 403
    s3.delete_bucket_cors(Bucket=bucket)
    assert requests.get(url, headers=APP, timeout=30).status_code == 403


def test_buckets_as_host_names(daemon: Daemon, bucket: str) -> None:
    """As virtual-hosted clients ask; the name resolver is theirs, so the Host is written out here."""
    port = daemon.url.rsplit(":", 1)[1]
    host = {"Host": f"{bucket}.localhost:{port}"}

    def ask(method: str, path: str, **more: Any) -> requests.Response:
        headers = {**host, **more.pop("headers", {})}
        return requests.request(method, daemon.url + path, headers=headers, timeout=30, **more)

    assert ask("PUT", "/a/b", data=b"content").status_code == 200
    assert ask("GET", "/a/b").content == b"content"
    assert "<Key>a/b</Key>" in ask("GET", "/?list-type=2").text
    assert ask("PUT", "/copy", headers={"x-amz-copy-source": f"/{bucket}/a/b"}).status_code == 200
    upload = ask("POST", "/big?uploads").text.split("<UploadId>")[1].split("<")[0]
    etag = ask("PUT", f"/big?partNumber=1&uploadId={upload}", data=b"part").headers["ETag"]
    parts = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    done = ask("POST", f"/big?uploadId={upload}", data=parts.encode())
    assert f"<Location>http://{bucket}.localhost:{port}/big</Location>" in done.text
    assert ask("GET", "/?location").status_code == 200
    assert ask("POST", "/?delete", data=b"<Delete><Object><Key>a/b</Key></Object></Delete>").status_code == 200
    assert ask("GET", "/a/b").status_code == 404


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_virtual_hosted_boto3(daemon: Daemon, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def local(host: Any, *arguments: Any, **named: Any) -> Any:
        """As resolvers do that know RFC 6761; not all of them know it."""
        below = str(host).endswith(".localhost")
        return resolve("127.0.0.1" if below else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", local)
    port = daemon.url.rsplit(":", 1)[1]
    s3 = signing(daemon, "s3v4", "virtual", f"http://localhost:{port}")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k"]
    assert code_of(s3.get_object, Bucket=bucket, Key="none") == "NoSuchKey"
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert url.startswith(f"http://{bucket}.localhost:{port}/k?")
    assert requests.get(url, timeout=30).content == b"x"
