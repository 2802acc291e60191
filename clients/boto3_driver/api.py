"""API Gateway: links, APIs made step by step or from a document, deployments, stages, tags, the account."""

import json

from . import elb, network
from .driver import ACCOUNT, REGION

MISSING = "abcdefghij"


def replace(path, value, op="replace"):
    """The operations of a patch with one change."""
    return [{"op": op, "path": path, "value": value}]


POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
        ],
    }
)


def account(aws):
    """The role that logs are written with."""
    role = f"arn:aws:iam::{ACCOUNT}:role/logs"
    aws.api.update_account(patchOperations=replace("/cloudwatchRoleArn", role))
    found = aws.api.get_account().get("cloudwatchRoleArn")
    aws.expect(found == role, "account", f"the role is {found}")
    aws.refused("BadRequestException", aws.api.update_account, patchOperations=replace("/nothing", "x"))


def links(aws):
    """VPC links: made in the background, and gone in the background."""
    api = aws.api
    vpc, subnets = network.make(aws, "10.30.0.0/16")
    balancers = [elb.balancer(aws, f"boto3-link-{number}", subnets[:1]) for number in range(3)]
    aws.wait(aws.elb, "load_balancer_available", LoadBalancerArns=balancers)
    made = [
        api.create_vpc_link(name="boto3", description="of boto3", targetArns=[balancer], tags={"team": "a"})
        for balancer in balancers
    ]
    ids = [link["id"] for link in made]
    aws.expect(made[0]["status"] == "PENDING", "links", f"{made[0]}")
    aws.until("a link", lambda: {api.get_vpc_link(vpcLinkId=link)["status"] for link in ids} == {"AVAILABLE"})
    aws.pages(api, "get_vpc_links", "items", 2, 3)
    api.update_vpc_link(vpcLinkId=ids[0], patchOperations=replace("/description", "another"))
    aws.refused("BadRequestException", api.create_vpc_link, name="x", targetArns=["balancer"])
    aws.refused("NotFoundException", api.get_vpc_link, vpcLinkId=MISSING)
    aws.refused("NotFoundException", api.update_vpc_link, vpcLinkId=MISSING, patchOperations=replace("/name", "x"))
    aws.refused("NotFoundException", api.delete_vpc_link, vpcLinkId=MISSING)
    aws.refused("ResourceInUse", aws.elb.delete_load_balancer, LoadBalancerArn=balancers[0])
    for link in ids:
        api.delete_vpc_link(vpcLinkId=link)
    aws.until("the end of a link", lambda: not api.get_vpc_links().get("items"))
    for balancer in balancers:
        aws.until("a balancer", lambda: _deleted(aws, balancer))
    network.clear(aws, vpc, subnets)


def _deleted(aws, balancer):
    """A balancer stays in use for a while after its link is gone."""
    try:
        aws.elb.delete_load_balancer(LoadBalancerArn=balancer)
        return True
    except aws.elb.exceptions.ResourceInUseException:
        return False


def apis(aws):
    """APIs as a whole: created, imported, overwritten, listed."""
    api = aws.api
    vpc, subnets = network.make(aws, "10.31.0.0/16")
    endpoint = aws.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=network.SERVICE, VpcEndpointType="Interface", SubnetIds=subnets[:1]
    )["VpcEndpoint"]["VpcEndpointId"]
    private = {"types": ["PRIVATE"], "vpcEndpointIds": [endpoint]}
    made = api.create_rest_api(
        name="boto3",
        description="by boto3",
        endpointConfiguration=private,
        policy=POLICY,
        version="1",
        binaryMediaTypes=["image/png"],
        minimumCompressionSize=1024,
        apiKeySource="HEADER",
        tags={"team": "a"},
    )
    aws.expect("policy" in made and made["tags"] == {"team": "a"}, "apis", f"{made}")
    api.update_rest_api(restApiId=made["id"], patchOperations=replace("/name", "renamed"))
    aws.expect(api.get_rest_api(restApiId=made["id"])["name"] == "renamed", "apis", "it has the old name")
    document = json.dumps(_document("/items/{id}"))
    put = api.put_rest_api(restApiId=made["id"], mode="merge", failOnWarnings=True, body=document)
    imported = api.import_rest_api(
        failOnWarnings=False, parameters={"endpointConfigurationTypes": "REGIONAL"}, body=document
    )
    paths = {resource["path"] for resource in api.get_resources(restApiId=imported["id"])["items"]}
    aws.expect(paths == {"/", "/items", "/items/{id}"} and put["name"], "apis", f"{paths}")
    others = [api.create_rest_api(name=f"boto3-{number}")["id"] for number in range(3)]
    aws.pages(api, "get_rest_apis", "items", 2, 5)

    aws.refused("BadRequestException", api.create_rest_api, name="")
    aws.refused("BadRequestException", api.create_rest_api, name="x", minimumCompressionSize=-1)
    aws.refused("NotFoundException", api.get_rest_api, restApiId=MISSING)
    aws.refused("NotFoundException", api.update_rest_api, restApiId=MISSING, patchOperations=replace("/name", "x"))
    aws.refused(
        "BadRequestException", api.update_rest_api, restApiId=made["id"], patchOperations=replace("/colour", "x")
    )
    aws.refused("NotFoundException", api.put_rest_api, restApiId=MISSING, body=document)
    aws.refused("BadRequestException", api.put_rest_api, restApiId=made["id"], body="no document")
    aws.refused("BadRequestException", api.import_rest_api, body="no document")
    for leaving in [made["id"], imported["id"], *others]:
        api.delete_rest_api(restApiId=leaving)
    aws.refused("NotFoundException", api.delete_rest_api, restApiId=made["id"])
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    network.clear(aws, vpc, subnets)


def _document(path):
    """An OpenAPI document with one method."""
    parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    integration = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    method = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}
    return {
        "openapi": "3.0.1",
        "info": {"title": "boto3", "version": "1"},
        "paths": {path: {"get": {**method, "parameters": parameters}}},
    }


def methods(aws):
    """An API made step by step: resources, methods, integrations and their responses."""
    api = aws.api
    rest = {"restApiId": api.create_rest_api(name="steps")["id"]}
    root = api.get_resources(**rest)["items"][0]["id"]
    users = api.create_resource(**rest, parentId=root, pathPart="users")["id"]
    user = api.create_resource(**rest, parentId=users, pathPart="{id}")
    aws.expect(user["path"] == "/users/{id}", "methods", f"{user}")
    more = [api.create_resource(**rest, parentId=root, pathPart=f"more-{number}")["id"] for number in range(3)]
    aws.pages(api, "get_resources", "items", 2, 6, **rest)
    api.update_resource(**rest, resourceId=more[0], patchOperations=replace("/pathPart", "fewer"))
    aws.expect(api.get_resource(**rest, resourceId=more[0])["path"] == "/fewer", "methods", "it has its old path")

    here = {**rest, "resourceId": user["id"], "httpMethod": "GET"}
    parameters = {"method.request.path.id": True, "method.request.querystring.page": False}
    api.put_method(
        **here, authorizationType="NONE", apiKeyRequired=False, operationName="user", requestParameters=parameters
    )
    api.update_method(**here, patchOperations=replace("/operationName", "oneUser"))
    at_200 = {**here, "statusCode": "200"}
    api.put_method_response(**at_200, responseParameters={"method.response.header.ETag": False})
    change = replace("/responseParameters/method.response.header.ETag", "true")
    api.update_method_response(**at_200, patchOperations=change)
    api.get_method_response(**at_200)
    api.put_integration(
        **here,
        type="HTTP",
        integrationHttpMethod="GET",
        uri="https://example.com/users/{id}",
        timeoutInMillis=5000,
        requestParameters={"integration.request.path.id": "method.request.path.id"},
        cacheKeyParameters=[],
        passthroughBehavior="WHEN_NO_MATCH",
        tlsConfig={"insecureSkipVerification": False},
    )
    api.update_integration(**here, patchOperations=replace("/timeoutInMillis", "6000"))
    mapped = {"method.response.header.ETag": "integration.response.header.ETag"}
    api.put_integration_response(**at_200, selectionPattern="2..", responseParameters=mapped)
    api.update_integration_response(**at_200, patchOperations=replace("/selectionPattern", "200"))
    api.get_integration_response(**at_200)
    aws.expect(api.get_integration(**here)["timeoutInMillis"] == 6000, "methods", "the timeout is the old one")
    aws.expect(api.get_method(**here)["operationName"] == "oneUser", "methods", "the operation has its old name")
    embedded = api.get_resources(**rest, embed=["methods"])["items"]
    aws.expect(
        any("methodIntegration" in one.get("resourceMethods", {}).get("GET", {}) for one in embedded),
        "methods",
        f"{embedded}",
    )
    _resource_refusals(aws, rest, root, here, at_200)

    api.delete_integration_response(**at_200)
    aws.refused("NotFoundException", api.delete_integration_response, **at_200)
    api.delete_integration(**here)
    aws.refused("NotFoundException", api.delete_integration, **here)
    api.delete_method_response(**at_200)
    aws.refused("NotFoundException", api.delete_method_response, **at_200)
    api.delete_method(**here)
    aws.refused("NotFoundException", api.delete_method, **here)
    api.delete_resource(**rest, resourceId=users)
    aws.refused("NotFoundException", api.delete_resource, **rest, resourceId=users)
    api.delete_rest_api(**rest)


def _resource_refusals(aws, rest, root, here, at_200):
    api, change = aws.api, replace("/pathPart", "x")
    aws.refused("NotFoundException", api.get_resources, restApiId=MISSING)
    aws.refused("ConflictException", api.create_resource, **rest, parentId=root, pathPart="users")
    aws.refused("BadRequestException", api.create_resource, **rest, parentId=root, pathPart="a/b")
    aws.refused("NotFoundException", api.get_resource, **rest, resourceId=MISSING)
    aws.refused("NotFoundException", api.update_resource, **rest, resourceId=MISSING, patchOperations=change)
    aws.refused("BadRequestException", api.delete_resource, **rest, resourceId=root)
    aws.refused("ConflictException", api.put_method, **here, authorizationType="NONE")
    aws.refused("ConflictException", api.put_method_response, **at_200)
    other, code = {**here, "httpMethod": "POST"}, {**here, "statusCode": "404"}
    aws.refused("BadRequestException", api.put_method, **{**other, "httpMethod": "FETCH"}, authorizationType="NONE")
    aws.refused("NotFoundException", api.put_integration, **other, type="MOCK")
    aws.refused(
        "BadRequestException", api.put_integration, **here, type="HTTP", integrationHttpMethod="GET", uri="nowhere"
    )
    for function in (api.get_method, api.get_integration):
        aws.refused("NotFoundException", function, **other)
    for function in (api.update_method, api.update_integration):
        aws.refused("NotFoundException", function, **other, patchOperations=replace("/operationName", "x"))
    for function in (api.get_method_response, api.get_integration_response):
        aws.refused("NotFoundException", function, **code)
    for function in (api.update_method_response, api.update_integration_response):
        aws.refused("NotFoundException", function, **code, patchOperations=replace("/responseParameters/x", "x"))
    aws.refused("BadRequestException", api.put_integration_response, **code)


def stages(aws):
    """Deployments and the stages that serve them."""
    api = aws.api
    rest = {"restApiId": api.import_rest_api(body=json.dumps(_document("/items/{id}")))["id"]}
    first = api.create_deployment(**rest, stageName="v1", description="first", variables={"a": "b"})["id"]
    deployments = [first] + [api.create_deployment(**rest)["id"] for _ in range(3)]
    aws.pages(api, "get_deployments", "items", 2, 4, **rest)
    summary = api.get_deployment(**rest, deploymentId=first, embed=["apisummary"])["apiSummary"]
    aws.expect("GET" in summary["/items/{id}"], "stages", f"{summary}")
    api.update_deployment(**rest, deploymentId=first, patchOperations=replace("/description", "the first"))

    second = {**rest, "stageName": "v2"}
    made = api.create_stage(
        **second,
        deploymentId=deployments[1],
        description="second",
        variables={"a": "b"},
        tracingEnabled=True,
        cacheClusterEnabled=True,
        cacheClusterSize="0.5",
        tags={"team": "a"},
        documentationVersion="1",
        canarySettings={
            "percentTraffic": 10.5,
            "deploymentId": first,
            "useStageCache": False,
            "stageVariableOverrides": {"a": "c"},
        },
    )
    aws.expect(made["cacheClusterStatus"] == "CREATE_IN_PROGRESS", "stages", f"{made}")
    log_group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:boto3"
    changes = (
        replace("/description", "the second")
        + replace("/variables/c", "d")
        + replace("/deploymentId", first)
        + replace("/*/*/throttling/rateLimit", "12.5")
        + replace("/*/*/logging/loglevel", "INFO")
        + replace("/~1items~1{id}/GET/metrics/enabled", "true")
        + replace("/accessLogSettings/destinationArn", log_group)
        + replace("/accessLogSettings/format", "$context.requestId")
    )
    changed = api.update_stage(**second, patchOperations=changes)
    settings = changed["methodSettings"]
    aws.expect(settings["*/*"]["throttlingRateLimit"] == 12.5, "stages", f"{settings}")
    found = [stage["stageName"] for stage in api.get_stages(**rest)["item"]]
    aws.expect(sorted(found) == ["v1", "v2"], "stages", f"{found}")
    aws.expect(api.get_stage(**second)["tags"] == {"team": "a"}, "stages", "it has other tags")
    _stage_refusals(aws, rest, first, second)
    for name in ("v1", "v2"):
        api.delete_stage(**rest, stageName=name)
    aws.refused("NotFoundException", api.delete_stage, **second)
    for deployment in deployments:
        api.delete_deployment(**rest, deploymentId=deployment)
    api.delete_rest_api(**rest)


def _stage_refusals(aws, rest, deployment, stage):
    api = aws.api
    aws.refused("NotFoundException", api.create_deployment, restApiId=MISSING)
    aws.refused("BadRequestException", api.create_deployment, **rest, stageName="a-b.c")
    aws.refused("NotFoundException", api.get_deployments, restApiId=MISSING)
    aws.refused("NotFoundException", api.get_deployment, **rest, deploymentId=MISSING)
    change = replace("/description", "x")
    aws.refused("NotFoundException", api.update_deployment, **rest, deploymentId=MISSING, patchOperations=change)
    aws.refused("BadRequestException", api.delete_deployment, **rest, deploymentId=deployment)
    aws.refused("ConflictException", api.create_stage, **stage, deploymentId=deployment)
    aws.refused("BadRequestException", api.create_stage, **rest, stageName="v3", deploymentId=MISSING)
    aws.refused("NotFoundException", api.get_stages, restApiId=MISSING)
    aws.refused("NotFoundException", api.get_stage, **rest, stageName="v3")
    aws.refused("NotFoundException", api.update_stage, **rest, stageName="v3", patchOperations=change)
    aws.refused("BadRequestException", api.update_stage, **stage, patchOperations=replace("/colour", "red"))
    aws.refused("BadRequestException", api.update_stage, **stage, patchOperations=replace("/variables/a", "<>"))


def tags(aws):
    """Tags by ARN."""
    api = aws.api
    rest = api.create_rest_api(name="tags")["id"]
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{rest}"
    api.tag_resource(resourceArn=arn, tags={"team": "a-b", "cost": "1"})
    api.untag_resource(resourceArn=arn, tagKeys=["cost", "unknown"])
    found = api.get_tags(resourceArn=arn)["tags"]
    aws.expect(found == {"team": "a-b"}, "tags", f"{found}")
    missing = f"arn:aws:apigateway:{REGION}::/restapis/{MISSING}"
    aws.refused("NotFoundException", api.get_tags, resourceArn=missing)
    aws.refused("NotFoundException", api.tag_resource, resourceArn=missing, tags={"a": "b"})
    aws.refused("NotFoundException", api.untag_resource, resourceArn=missing, tagKeys=["a"])
    aws.refused("BadRequestException", api.tag_resource, resourceArn=arn, tags={"aws:a": "b"})
    api.delete_rest_api(restApiId=rest)


def components(aws):
    """What an imported document brings beside methods. Each list has a look at one of its items."""
    api = aws.api
    document = _document("/items/{id}")
    document["components"] = {
        "schemas": {"Item": {"type": "object"}},
        "securitySchemes": {"own": _authorizer()},
    }
    document["x-amazon-apigateway-request-validators"] = {"all": {"validateRequestBody": True}}
    document["x-amazon-apigateway-gateway-responses"] = {"THROTTLED": {"statusCode": 429}}
    document["paths"]["/items/{id}"]["get"]["security"] = [{"own": []}]
    rest = {"restApiId": api.import_rest_api(body=json.dumps(document))["id"]}
    models = api.get_models(**rest)["items"]
    aws.expect("Item" in [model["name"] for model in models], "components", f"{models}")
    api.get_model(**rest, modelName="Item", flatten=False)
    aws.refused("NotFoundException", api.get_model, **rest, modelName="Nothing")
    validator = api.get_request_validators(**rest)["items"][0]["id"]
    api.get_request_validator(**rest, requestValidatorId=validator)
    aws.refused("NotFoundException", api.get_request_validator, **rest, requestValidatorId=MISSING)
    authorizer = api.get_authorizers(**rest)["items"][0]["id"]
    api.get_authorizer(**rest, authorizerId=authorizer)
    aws.refused("NotFoundException", api.get_authorizer, **rest, authorizerId=MISSING)
    kinds = [response["responseType"] for response in api.get_gateway_responses(**rest)["items"]]
    aws.expect("THROTTLED" in kinds, "components", f"{kinds}")
    api.get_gateway_response(**rest, responseType="THROTTLED")
    api.delete_rest_api(**rest)


def _authorizer():
    """A Lambda authorizer in a document."""
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:own"
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    details = {"type": "token", "authorizerUri": uri, "authorizerResultTtlInSeconds": 60}
    return {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": details,
    }


SCENES = [account, links, apis, methods, stages, tags, components]
