"""python aws_cli.py URL: builds a private API with the AWS command line, as somebody would who reads its manual.

Each command's output is compared with what AWS would print. The `aws` beside this Python is used.
"""

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request

REGION = "eu-central-1"
ACCOUNT = "220987654321"
PROGRAM = os.path.join(os.path.dirname(sys.executable), "aws")

# The longest a command may take: waiters of the command line poll every fifteen seconds, up to forty times.
LIMIT = 120
# Whatever AWS does in the background is over after this, at the speed at which the simulator runs.
PATIENCE = 20


class Shell:
    """Types commands and looks at what they print."""

    def __init__(self, url):
        self.url = url
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = {
            **own,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
        }

    def run(self, command):
        """Runs a command to its end."""
        arguments = [PROGRAM, *shlex.split(command)]
        return subprocess.run(
            arguments, env=self.environment, capture_output=True, text=True, timeout=LIMIT, check=False
        )

    def aws(self, command):
        """What a command prints; it must succeed."""
        done = self.run(command)
        if done.returncode:
            raise AssertionError(f"aws {command}\nended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout.strip()

    def refused(self, command, code):
        """A command that must fail with an error code of AWS."""
        done = self.run(command)
        same(f"({code})" in done.stderr and done.returncode in (254, 255), True, f"aws {command}\n{done.stderr}")

    def until(self, command, wanted):
        """Repeats a command until it prints what is wanted: for what has no waiter."""
        end = time.monotonic() + PATIENCE
        while (found := self.aws(command)) != wanted:
            if time.monotonic() > end:
                raise AssertionError(f"aws {command}\nprints {found!r} and not {wanted!r}")

    def call(self, api, path):
        """A request to an API from inside its VPC: status and body."""
        request = urllib.request.Request(self.url + path, headers={"Host": f"{api}.execute-api.{REGION}.amazonaws.com"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def same(found, wanted, what):
    """Two values that must be equal."""
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, not {wanted!r}")


def network(shell, made):
    """Whose account it is, and what network it has."""
    same(shell.aws("sts get-caller-identity --query Account --output text"), ACCOUNT, "account")
    vpc = shell.aws("ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text")
    in_vpc = f"--filters Name=vpc-id,Values={vpc}"
    rows = "'sort_by(Subnets,&AvailabilityZone)[].[AvailabilityZone,SubnetId]'"
    table = shell.aws(f"ec2 describe-subnets {in_vpc} --query {rows} --output text")
    zones, subnets = zip(*(line.split("\t") for line in table.splitlines()))
    same(zones, tuple(f"{REGION}{letter}" for letter in "abc"), "zones")
    made.update(vpc=vpc, subnets=" ".join(subnets))
    shell.refused("ec2 describe-vpcs --vpc-ids vpc-00000000000000000", "InvalidVpcID.NotFound")


def way_in(shell, made):
    """A security group and an interface endpoint."""
    vpc, subnets = made["vpc"], made["subnets"]
    tags = "--tag-specifications 'ResourceType=security-group,Tags=[{Key=Name,Value=cli}]'"
    create = f"ec2 create-security-group --group-name cli --description cli --vpc-id {vpc} {tags}"
    group = shell.aws(f"{create} --query GroupId --output text")
    allow = f"ec2 authorize-security-group-ingress --group-id {group} --protocol tcp --port 443 --cidr 172.31.0.0/16"
    same(
        shell.aws(f"{allow} --query '[Return,length(SecurityGroupRules)]' --output json"),
        "[\n    true,\n    1\n]",
        "rule",
    )
    shell.refused(allow, "InvalidPermission.Duplicate")
    shell.aws(f"ec2 wait security-group-exists --group-ids {group}")
    create = f"ec2 create-vpc-endpoint --vpc-id {vpc} --vpc-endpoint-type Interface --subnet-ids {subnets}"
    create += f" --service-name com.amazonaws.{REGION}.execute-api --security-group-ids {group}"
    endpoint = shell.aws(f"{create} --query VpcEndpoint.VpcEndpointId --output text")
    describe = f"ec2 describe-vpc-endpoints --vpc-endpoint-ids {endpoint}"
    shell.until(f"{describe} --query 'VpcEndpoints[].State' --output text", "available")
    made.update(group=group, endpoint=endpoint)


def way_out(shell, made):
    """A load balancer with a target group and a listener, and a link to it."""
    create = f"elbv2 create-load-balancer --name cli --type network --scheme internal --subnets {made['subnets']}"
    balancer = shell.aws(f"{create} --query 'LoadBalancers[0].LoadBalancerArn' --output text")
    shell.aws(f"elbv2 wait load-balancer-available --load-balancer-arns {balancer}")
    create = f"elbv2 create-target-group --name cli --protocol TCP --port 3001 --target-type ip --vpc-id {made['vpc']}"
    group = shell.aws(f"{create} --query 'TargetGroups[0].TargetGroupArn' --output text")
    same(
        shell.aws(f"elbv2 register-targets --target-group-arn {group} --targets Id=172.31.0.10 Id=172.31.0.11"),
        "",
        "targets",
    )
    forward = f"--default-actions Type=forward,TargetGroupArn={group}"
    listener = shell.aws(
        f"elbv2 create-listener --load-balancer-arn {balancer} --protocol TCP --port 3001 {forward}"
        " --query 'Listeners[0].ListenerArn' --output text"
    )
    shell.aws(f"elbv2 wait target-in-service --target-group-arn {group}")
    states = "'sort(TargetHealthDescriptions[].TargetHealth.State)'"
    found = shell.aws(f"elbv2 describe-target-health --target-group-arn {group} --query {states} --output text")
    same(found, "healthy\thealthy", "health")
    link = shell.aws(f"apigateway create-vpc-link --name cli --target-arns {balancer} --query id --output text")
    shell.until(f"apigateway get-vpc-link --vpc-link-id {link} --query status --output text", "AVAILABLE")
    made.update(balancer=balancer, target_group=group, listener=listener, link=link)


def rest_api(shell, made):
    """An API with one method, deployed; and a request to it."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    policy = shlex.quote(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    kind = f"--endpoint-configuration types=PRIVATE,vpcEndpointIds={made['endpoint']}"
    api = shell.aws(f"apigateway create-rest-api --name cli {kind} --policy {policy} --query id --output text")
    of_api = f"--rest-api-id {api}"
    root = shell.aws(f"apigateway get-resources {of_api} --query 'items[?path==`/`].id' --output text")
    create = f"apigateway create-resource {of_api} --parent-id {root} --path-part users"
    resource = shell.aws(f"{create} --query id --output text")
    of_method = f"{of_api} --resource-id {resource} --http-method GET"
    shell.aws(f"apigateway put-method {of_method} --authorization-type NONE")
    shell.refused(f"apigateway create-deployment {of_api} --stage-name v1", "BadRequestException")
    through_link = f"--connection-type VPC_LINK --connection-id {made['link']} --uri http://users.internal:3001/people"
    shell.aws(f"apigateway put-integration {of_method} --type HTTP_PROXY --integration-http-method GET {through_link}")
    shell.aws(f"apigateway create-deployment {of_api} --stage-name v1 --description first")
    changes = "op=replace,path=/variables/colour,value=red op=replace,path=/*/*/throttling/burstLimit,value=7"
    update = f"apigateway update-stage {of_api} --stage-name v1 --patch-operations {changes}"
    found = shell.aws(
        f"{update} --query '[variables.colour,methodSettings.\"*/*\".throttlingBurstLimit]' --output text"
    )
    same(found, "red\t7", "stage")
    status, body = shell.call(api, "/v1/users")
    same((status, body.get("path")), (200, "/people"), f"answer {body}")
    same(shell.call(api, "/v1/nobody")[0], 403, "a path that isn't there")
    made.update(api=api)


def end(shell, made):
    """Everything goes, in the order in which AWS lets it go."""
    shell.refused(f"elbv2 delete-load-balancer --load-balancer-arn {made['balancer']}", "ResourceInUse")
    shell.aws(f"apigateway delete-rest-api --rest-api-id {made['api']}")
    shell.aws(f"apigateway delete-vpc-link --vpc-link-id {made['link']}")
    shell.until("apigateway get-vpc-links --query 'length(items || `[]`)' --output text", "0")
    shell.aws(f"elbv2 delete-load-balancer --load-balancer-arn {made['balancer']}")
    shell.aws(f"elbv2 wait load-balancers-deleted --load-balancer-arns {made['balancer']}")
    shell.aws(f"elbv2 delete-target-group --target-group-arn {made['target_group']}")
    delete = f"ec2 delete-vpc-endpoints --vpc-endpoint-ids {made['endpoint']}"
    same(shell.aws(f"{delete} --query 'length(Unsuccessful)' --output text"), "0", "refused deletions")
    interfaces = f"ec2 describe-network-interfaces --filters Name=vpc-id,Values={made['vpc']}"
    shell.until(f"{interfaces} --query 'length(NetworkInterfaces)' --output text", "0")
    shell.aws(f"ec2 delete-security-group --group-id {made['group']}")


def main(url):
    shell, made = Shell(url), {}
    for step in (network, way_in, way_out, rest_api, end):
        start = time.monotonic()
        try:
            step(shell, made)
        except (AssertionError, KeyError, ValueError, subprocess.TimeoutExpired) as error:
            print(f"FAILED  aws-cli {step.__name__}")
            print("\n".join(f"        {line}" for line in str(error).splitlines() if line.strip()))
            return 1
        print(f"ok      aws-cli {step.__name__:<52} {time.monotonic() - start:5.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
