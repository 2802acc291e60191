"""Clients whose every answer is checked, and a record of what was called."""

import collections
import json
import os
import time
import traceback
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

from . import errors, shapes

ACCOUNT = "210987654321"
REGION = "eu-central-1"

# Time runs ten thousand times as fast in the simulator, so that whatever takes minutes has happened after this.
POLL = 0.02
POLLS = 500

SIGNING_NAMES = {"elbv2": "elasticloadbalancing"}


class Driver:
    """Hands out clients and collects what is wrong."""

    def __init__(self, url):
        self.url = url
        self.problems = collections.defaultdict(list)
        self.good = collections.Counter()
        self.refusals = collections.defaultdict(set)
        # Whoever runs this may have settings of his own; they have no say here.
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
        self.ec2, self.elb = self.client("ec2"), self.client("elbv2")
        self.api, self.sts = self.client("apigateway"), self.client("sts")

    def client(self, service, key=ACCOUNT, secret="secret", token=None):
        """A client for a service in the account that its access key names."""
        client = boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=botocore.config.Config(retries={"mode": "standard", "total_max_attempts": 8}, proxies={}),
        )
        client.meta.events.register("after-call", self._answered)
        return client

    def admin(self, path):
        """What the simulator says about itself."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/_sim/{path}", timeout=10) as answer:
            return json.load(answer)

    def objects(self):
        """Everything in the account."""
        return self.admin("objects").get(ACCOUNT, {}).get(REGION)

    def refused(self, code, function, **parameters):
        """A call that must be refused with a code; hands back its message."""
        try:
            function(**parameters)
        except botocore.exceptions.ClientError as error:
            found = error.response["Error"]["Code"]
            self.expect(found == code, error.operation_name, f"wanted {code}, got {error}")
            return error.response["Error"]["Message"]
        self.expect(False, function.__name__, f"wanted {code}, but it went well: {parameters}")
        return ""

    def expect(self, holds, where, otherwise):
        """Notes a problem unless something holds."""
        if not holds:
            self.problems[where].append(otherwise)

    def pages(self, client, operation, key, size, wanted, **parameters):
        """Reads a list in pages of `size`; it must have `wanted` items, each once and none left out."""
        paginator = client.get_paginator(operation)
        pages = list(paginator.paginate(PaginationConfig={"PageSize": size}, **parameters))
        items = [json.dumps(item, default=str) for page in pages for item in page.get(key, [])]
        what = f"{len(items)} items, {len(set(items))} different, on {len(pages)} pages"
        good = len(items) == len(set(items)) == wanted and len(pages) >= -(-wanted // size)
        self.expect(good, operation, f"{what}; wanted {wanted} on pages of {size}")

    def wait(self, client, waiter, **parameters):
        """Runs one of boto3's waiters, faster than it would."""
        client.get_waiter(waiter).wait(WaiterConfig={"Delay": POLL, "MaxAttempts": POLLS}, **parameters)

    def until(self, what, holds):
        """Waits for what boto3 has no waiter for."""
        for _ in range(POLLS):
            if holds():
                return
            time.sleep(POLL)
        raise TimeoutError(f"{what} takes too long")

    def scene(self, play):
        """Runs a part of the programme; its exceptions end that part only."""
        try:
            play(self)
        except Exception as error:  # pylint: disable=broad-except
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "boto3_driver" in frame.filename]
            place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
            self.problems[play.__module__].append(f"{place}: {type(error).__name__}: {error}")

    def _answered(self, http_response, parsed, model, **_):
        service = model.service_model.service_name
        key = f"{SIGNING_NAMES.get(service, service)} {model.name}"
        if http_response.status_code < 300:
            self.good[key] += 1
            self._status(key, model, http_response.status_code)
            found = shapes.problems(model, http_response.content, parsed)
        else:
            self.refusals[key].add(parsed["Error"]["Code"])
            found = errors.problems(model, http_response, parsed["Error"])
        self.problems[key].extend(found)
        if not self.problems[key]:
            del self.problems[key]

    def _status(self, key, model, status):
        wanted = model.http.get("responseCode", 200)
        self.expect(status == wanted, key, f"status {status}, and the model has {wanted}")
