"""Holds refusals against what AWS's service model, or else its documentation, knows of them."""

import json
import xml.etree.ElementTree as ElementTree

# EC2's model has no errors at all; these are from its list of error codes, or seen from EC2 in public reports.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
EC2 = """
AuthFailure CannotDelete DependencyViolation DryRunOperation DuplicateSubnetsInSameZone IdempotentParameterMismatch
IncorrectState InvalidAction InvalidGroup.Duplicate InvalidGroup.NotFound InvalidGroup.Reserved
InvalidGroupId.Malformed InvalidID InvalidNetworkInterfaceID.NotFound InvalidNextToken InvalidParameter
InvalidParameterCombination InvalidParameterValue InvalidPermission.Duplicate InvalidPermission.Malformed
InvalidPermission.NotFound InvalidPolicyDocument InvalidPrefixListID.NotFound InvalidSecurityGroupID.NotFound
InvalidSecurityGroupRuleId.NotFound InvalidServiceName InvalidSubnet.Conflict InvalidSubnet.Range
InvalidSubnetID.NotFound InvalidSubnetId.Malformed InvalidTagKey.Malformed InvalidVpc.Range
InvalidVpcEndpoint.NotFound InvalidVpcEndpointId.Malformed InvalidVpcEndpointId.NotFound InvalidVpcEndpointType
InvalidVpcID.NotFound InvalidVpcId.Malformed MissingParameter
""".split()

# What any operation may answer, whatever its model says.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html
COMMON = {
    "ec2": set(EC2),
    "elbv2": {"ValidationError", "InvalidAction", "Throttling", "MissingAuthenticationToken"},
    # The framework in front of API Gateway checks types and enumerations, and paths that nobody serves.
    "apigateway": {"ValidationException", "SerializationException", "MissingAuthenticationTokenException"},
    "sts": {"ValidationError", "InvalidAction", "AccessDenied"},
}


def problems(operation, response, error):
    """What is wrong with a refusal: a list of sentences, empty at best."""
    service, code, found = operation.service_model.service_name, error["Code"], []
    modelled = {shape.metadata.get("error", {}).get("code", shape.name): shape for shape in operation.error_shapes}
    if code in modelled:
        status = modelled[code].metadata.get("error", {}).get("httpStatusCode")
        if status and status != response.status_code:
            found.append(f"{code} has status {response.status_code}, and the model has {status}")
    elif code not in COMMON[service]:
        found.append(f"{code} is neither in the model of {operation.name} nor among the known ones")
    if not error.get("Message"):
        found.append(f"{code} has no message")
    envelope = _json if service == "apigateway" else _ec2 if service == "ec2" else _query
    return found + [f"{operation.name}: {problem}" for problem in envelope(response, code)]


def _json(response, code):
    members = set(json.loads(response.content))
    if not members <= {"message", "Message", "limit"} or not members:
        yield f"a refusal with the members {sorted(members)}"
    if response.headers.get("x-amzn-errortype", "").split(":")[0] != code:
        yield f"the header x-amzn-ErrorType is {response.headers.get('x-amzn-errortype')!r}"


def _ec2(response, _):
    root = ElementTree.fromstring(response.content)
    if [root.tag] + [child.tag for child in root] != ["Response", "Errors", "RequestID"]:
        yield f"the envelope is {response.content!r}"


def _query(response, _):
    root = ElementTree.fromstring(response.content)
    names = sorted(element.tag.split("}")[-1] for element in root.iter())
    if names != ["Code", "Error", "ErrorResponse", "Message", "RequestId", "Type"]:
        yield f"the envelope is {names}"
