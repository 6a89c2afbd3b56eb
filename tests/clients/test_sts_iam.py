"""STS and IAM as the SDKs and their users ask them."""

import json
from typing import Any

import boto3
import botocore
import pytest
from botocore import UNSIGNED
from botocore.client import Config
from botocore.exceptions import ClientError

from harness.aws_cli import AwsCli
from harness.daemon import ACCOUNT, REGION, Daemon
from harness.jobs import ROLE, unique_name

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def sts(daemon: Daemon) -> Any:
    return daemon.client("sts")


@pytest.fixture
def iam(daemon: Daemon) -> Any:
    return daemon.client("iam")


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_the_caller_has_a_role_in_the_account(sts: Any, iam: Any) -> None:
    identity = sts.get_caller_identity()
    assert identity["Account"] == ACCOUNT
    prefix, role, _ = identity["Arn"].split("/")
    assert prefix == f"arn:aws:sts::{ACCOUNT}:assumed-role"
    assert iam.get_role(RoleName=role)["Role"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/{role}"


def test_a_role_can_be_assumed_and_its_keys_used(daemon: Daemon, sts: Any) -> None:
    answer = sts.assume_role(RoleArn=ROLE, RoleSessionName="notebook", DurationSeconds=900)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/training/notebook"
    keys = answer["Credentials"]
    session = boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=REGION,
    )
    assert session.client("s3", endpoint_url=daemon.url).list_buckets()["Buckets"] is not None


def test_an_unsigned_web_identity_is_taken(daemon: Daemon) -> None:
    sts = boto3.client(
        "sts", endpoint_url=daemon.url, region_name=REGION, config=Config(signature_version=UNSIGNED)
    )
    answer = sts.assume_role_with_web_identity(RoleArn=ROLE, RoleSessionName="pod", WebIdentityToken="token")
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_a_presigned_question_is_answered(sts: Any) -> None:
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    answer = botocore.httpsession.URLLib3Session().send(botocore.awsrequest.AWSRequest("GET", url).prepare())
    assert answer.status_code == 200
    assert b"<GetCallerIdentityResponse" in answer.content


def test_errors_of_sts_are_the_services(sts: Any) -> None:
    with pytest.raises(ClientError) as error:
        sts.assume_role(RoleArn=ROLE, RoleSessionName="not allowed")
    assert code_of(error) == "ValidationError"
    with pytest.raises(ClientError) as error:
        sts.get_federation_token(Name="name")
    assert code_of(error) == "NotImplementedException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_role_is_made_found_and_deleted(iam: Any) -> None:
    name = unique_name("Role")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Description="for a test")["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/{name}"
    found = iam.get_role(RoleName=name)["Role"]
    assert found["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert found["CreateDate"].tzinfo is not None
    names = [role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    assert name in names
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)

    arn = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=TRUST)
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_role(RoleName=name)
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    assert iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"] == []
    iam.delete_role(RoleName=name)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=name)


def test_every_action_is_allowed(iam: Any) -> None:
    actions = [f"s3:Action{number}" for number in range(11)]
    pages = iam.get_paginator("simulate_principal_policy").paginate(PolicySourceArn=ROLE, ActionNames=actions)
    results = [result for page in pages for result in page["EvaluationResults"]]
    assert [result["EvalActionName"] for result in results] == actions
    assert {result["EvalDecision"] for result in results} == {"allowed"}


def test_the_cli_asks_the_same(aws: AwsCli) -> None:
    assert aws.json("sts", "get-caller-identity")["Account"] == ACCOUNT
    assert aws.json("iam", "get-role", "--role-name", "Any")["Role"]["RoleName"] == "Any"
    assert "NotImplementedException" in aws.error("iam", "list-users")
