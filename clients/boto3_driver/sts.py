"""STS: who calls, and becoming somebody else."""

from .driver import ACCOUNT

OTHER = "310987654321"


def identities(aws):
    """The account of the caller, and that of a role whose credentials are used afterwards."""
    aws.expect(aws.sts.get_caller_identity()["Account"] == ACCOUNT, "sts", "the caller's account is another")
    role = {"RoleArn": f"arn:aws:iam::{OTHER}:role/team/deploy", "RoleSessionName": "boto3"}
    for answer in (
        aws.sts.assume_role(**role),
        aws.sts.assume_role_with_web_identity(WebIdentityToken="token", **role),
    ):
        got = answer["Credentials"]
        key, secret, token = got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]
        there = aws.client("sts", key, secret, token).get_caller_identity()
        aws.expect(there["Account"] == OTHER, "sts", f"the role is in {OTHER}, and the caller in {there['Account']}")
    aws.refused("ValidationError", aws.sts.assume_role, RoleArn="arn:aws:iam::1:user/x", RoleSessionName="boto3")


SCENES = [identities]
