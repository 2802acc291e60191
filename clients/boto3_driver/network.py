"""EC2: networks, security groups and their rules, tags, interface endpoints."""

from .driver import REGION

SERVICE = f"com.amazonaws.{REGION}.execute-api"
ZONES = [f"{REGION}{letter}" for letter in "abc"]


def tagged(kind, **tags):
    """The tags of a create request."""
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def make(aws, cidr):
    """A VPC with a subnet in each zone, and DNS in it."""
    vpc = aws.ec2.create_vpc(CidrBlock=cidr, TagSpecifications=tagged("vpc", Name="boto3"))["Vpc"]["VpcId"]
    aws.wait(aws.ec2, "vpc_available", VpcIds=[vpc])
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        aws.ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    start = cidr.rsplit(".", 2)[0]
    subnets = [
        aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"{start}.{number}.0/24", AvailabilityZone=zone)["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate(ZONES)
    ]
    aws.wait(aws.ec2, "subnet_available", SubnetIds=subnets)
    return vpc, subnets


def clear(aws, vpc, subnets, groups=()):
    """Deletes what `make` has made, and groups, once nobody is in there."""
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    aws.until("an interface", lambda: not aws.ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"])
    for group in groups:
        aws.ec2.delete_security_group(GroupId=group)
    for subnet in subnets:
        aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_vpc(VpcId=vpc)


def networks(aws):
    """VPCs, subnets, zones and attributes of the account."""
    ec2 = aws.ec2
    vpc, subnets = make(aws, "10.1.0.0/16")
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
    ec2.describe_availability_zones()
    ec2.describe_account_attributes()
    aws.expect(ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"] == "10.1.0.0/16", "networks", "another block")
    for count in range(5):
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{10 + count}.0/24")
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    aws.pages(ec2, "describe_subnets", "Subnets", 5, 8, Filters=mine)
    extra = [ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"] for _ in range(6)]
    aws.pages(ec2, "describe_vpcs", "Vpcs", 5, 6, Filters=[{"Name": "cidr", "Values": ["10.2.0.0/16"]}])

    aws.refused("InvalidVpc.Range", ec2.create_vpc, CidrBlock="10.0.0.0/8")
    aws.refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=["vpc-00000000000000000"])
    aws.refused(
        "InvalidVpcID.NotFound", ec2.describe_vpc_attribute, VpcId="vpc-00000000000000000", Attribute="enableDnsSupport"
    )
    aws.refused(
        "InvalidVpcID.NotFound",
        ec2.modify_vpc_attribute,
        VpcId="vpc-00000000000000000",
        EnableDnsSupport={"Value": True},
    )
    aws.refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc, CidrBlock="10.9.0.0/24")
    aws.refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=vpc, CidrBlock="10.1.0.0/24")
    aws.refused("InvalidSubnetID.NotFound", ec2.describe_subnets, SubnetIds=["subnet-00000000000000000"])
    aws.refused("InvalidSubnetID.NotFound", ec2.delete_subnet, SubnetId="subnet-00000000000000000")
    aws.refused("InvalidParameterValue", ec2.describe_subnets, Filters=[{"Name": "colour", "Values": ["red"]}])
    aws.refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    aws.refused("DryRunOperation", ec2.delete_vpc, VpcId=vpc, DryRun=True)
    for subnet in ec2.describe_subnets(Filters=mine)["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    for leaving in [vpc, *extra]:
        ec2.delete_vpc(VpcId=leaving)
    aws.refused("InvalidVpcID.NotFound", ec2.delete_vpc, VpcId=vpc)


def permission(port, **peer):
    """TCP on one port."""
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}


def security_groups(aws):
    """Groups and rules: five ways to change a rule."""
    ec2 = aws.ec2
    vpc = ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    named = {"GroupName": "front", "Description": "front", "VpcId": vpc}
    group = ec2.create_security_group(TagSpecifications=tagged("security-group", team="a"), **named)["GroupId"]
    aws.wait(ec2, "security_group_exists", GroupIds=[group])
    ranges = [{"CidrIp": f"10.3.{number}.0/24", "Description": f"number {number}"} for number in range(6)]
    rules = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            permission(443, IpRanges=ranges),
            permission(443, Ipv6Ranges=[{"CidrIpv6": "2001:db8::/32"}]),
            permission(80, UserIdGroupPairs=[{"GroupId": group, "Description": "among ourselves"}]),
        ],
        TagSpecifications=tagged("security-group-rule", team="a"),
    )["SecurityGroupRules"]
    out = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission(3001, IpRanges=ranges[:2])])
    mine = [{"Name": "group-id", "Values": [group]}]
    aws.pages(ec2, "describe_security_group_rules", "SecurityGroupRules", 5, 11, Filters=mine)

    one, two = rules[0]["SecurityGroupRuleId"], out["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    change = {"IpProtocol": "tcp", "FromPort": 444, "ToPort": 444, "CidrIpv4": "10.3.9.0/24", "Description": "moved"}
    modified = [{"SecurityGroupRuleId": one, "SecurityGroupRule": change}]
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=modified)
    seen = ec2.describe_security_group_rules(SecurityGroupRuleIds=[one])["SecurityGroupRules"][0]
    aws.expect((seen["FromPort"], seen["Description"]) == (444, "moved"), "security_groups", f"{seen} is as it was")
    described = [{"SecurityGroupRuleId": one, "Description": "said again"}]
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, SecurityGroupRuleDescriptions=described)
    described[0]["SecurityGroupRuleId"] = two
    ec2.update_security_group_rule_descriptions_egress(GroupId=group, SecurityGroupRuleDescriptions=described)
    shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    aws.expect(len(shown["IpPermissions"]) == 3, "security_groups", f"permissions by port: {shown['IpPermissions']}")
    _group_refusals(aws, group, named, permission(443, IpRanges=ranges[1:2]))

    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[two])
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission(443, IpRanges=ranges[1:])])
    more = [
        ec2.create_security_group(GroupName=f"more-{number}", Description="more", VpcId=vpc)["GroupId"]
        for number in range(5)
    ]
    in_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    aws.pages(ec2, "describe_security_groups", "SecurityGroups", 5, 7, Filters=in_vpc)
    for leaving in [*more, group]:
        ec2.delete_security_group(GroupId=leaving)
    ec2.delete_vpc(VpcId=vpc)


def _group_refusals(aws, group, named, present):
    ec2, nobody = aws.ec2, "sg-00000000000000000"
    aws.refused("InvalidGroup.Duplicate", ec2.create_security_group, **named)
    aws.refused("InvalidParameterValue", ec2.create_security_group, **{**named, "GroupName": "sg-front"})
    aws.refused("InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=[nobody])
    aws.refused("InvalidGroup.NotFound", ec2.delete_security_group, GroupId=nobody)
    aws.refused(
        "InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[present]
    )
    bad = permission(1, IpRanges=[{"CidrIp": "10.3.0.0/99"}])
    aws.refused("InvalidPermission.Malformed", ec2.authorize_security_group_egress, GroupId=group, IpPermissions=[bad])
    unknown = permission(7, IpRanges=[{"CidrIp": "10.4.0.0/24"}])
    for direction in (ec2.revoke_security_group_ingress, ec2.revoke_security_group_egress):
        aws.refused("InvalidPermission.NotFound", direction, GroupId=group, IpPermissions=[unknown])
    rule = "sgr-00000000000000000"
    aws.refused("InvalidSecurityGroupRuleId.NotFound", ec2.describe_security_group_rules, SecurityGroupRuleIds=[rule])
    described = [{"SecurityGroupRuleId": rule, "Description": "x"}]
    for direction in ("ingress", "egress"):
        update = getattr(ec2, f"update_security_group_rule_descriptions_{direction}")
        aws.refused(
            "InvalidSecurityGroupRuleId.NotFound", update, GroupId=group, SecurityGroupRuleDescriptions=described
        )
    modified = [{"SecurityGroupRuleId": rule, "SecurityGroupRule": {"IpProtocol": "-1", "CidrIpv4": "10.0.0.0/8"}}]
    aws.refused(
        "InvalidSecurityGroupRuleId.NotFound",
        ec2.modify_security_group_rules,
        GroupId=group,
        SecurityGroupRules=modified,
    )


def tags(aws):
    """Tags that come and go after their object was made."""
    ec2 = aws.ec2
    vpc = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": f"key-{number}", "Value": "ä & <b>"} for number in range(7)])
    mine = [{"Name": "resource-id", "Values": [vpc]}]
    aws.pages(ec2, "describe_tags", "Tags", 5, 7, Filters=mine)
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "key-0"}, {"Key": "key-1", "Value": "another"}])
    found = ec2.describe_tags(Filters=mine)["Tags"]
    aws.expect(len(found) == 6 and found[0]["Value"] == "ä & <b>", "tags", f"{found}")
    missing = ["vpc-00000000000000000"]
    aws.refused("InvalidVpcID.NotFound", ec2.create_tags, Resources=missing, Tags=[{"Key": "a", "Value": "b"}])
    aws.refused("InvalidTagKey.Malformed", ec2.create_tags, Resources=[vpc], Tags=[{"Key": "aws:a", "Value": "b"}])
    aws.refused("InvalidVpcID.NotFound", ec2.delete_tags, Resources=missing, Tags=[{"Key": "a"}])
    aws.refused("InvalidParameterValue", ec2.describe_tags, Filters=[{"Name": "colour", "Values": ["red"]}])
    ec2.delete_vpc(VpcId=vpc)


def endpoints(aws):
    """Interface endpoints, from pending to gone, and the interfaces that come with them."""
    ec2 = aws.ec2
    vpc, subnets = make(aws, "10.6.0.0/16")
    services = ec2.describe_vpc_endpoint_services(ServiceNames=[SERVICE])["ServiceDetails"]
    aws.expect(services[0]["ServiceName"] == SERVICE, "endpoints", f"{services}")
    ec2.describe_vpc_endpoint_service_configurations()
    wanted = {"VpcId": vpc, "ServiceName": SERVICE, "VpcEndpointType": "Interface"}
    made = [
        ec2.create_vpc_endpoint(
            SubnetIds=subnets[:1],
            PrivateDnsEnabled=number == 0,
            ClientToken=f"token-{number}",
            TagSpecifications=tagged("vpc-endpoint", number=str(number)),
            **wanted,
        )["VpcEndpoint"]
        for number in range(6)
    ]
    ids = [endpoint["VpcEndpointId"] for endpoint in made]
    aws.until("an endpoint", lambda: _states(ec2, ids) == {"available"})
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    aws.pages(ec2, "describe_vpc_endpoints", "VpcEndpoints", 5, 6, Filters=mine)
    aws.pages(ec2, "describe_network_interfaces", "NetworkInterfaces", 5, 6, Filters=mine)
    ec2.modify_vpc_endpoint(VpcEndpointId=ids[0], AddSubnetIds=subnets[1:], PolicyDocument='{"Statement": []}')
    aws.until("an endpoint", lambda: _states(ec2, ids) == {"available"})
    ec2.describe_vpc_endpoint_associations(VpcEndpointIds=ids[:1])
    _endpoint_refusals(aws, ids[0], subnets, wanted)

    answer = ec2.delete_vpc_endpoints(VpcEndpointIds=[*ids, "vpce-00000000000000000"])
    codes = [failed["Error"]["Code"] for failed in answer["Unsuccessful"]]
    aws.expect(len(codes) == 1 and codes[0].startswith("InvalidVpcEndpoint"), "endpoints", f"{codes}")
    clear(aws, vpc, subnets)


def _states(ec2, ids):
    return {endpoint["State"] for endpoint in ec2.describe_vpc_endpoints(VpcEndpointIds=ids)["VpcEndpoints"]}


def _endpoint_refusals(aws, endpoint, subnets, wanted):
    ec2, missing = aws.ec2, "vpce-00000000000000000"
    aws.refused("InvalidVpcEndpointId.NotFound", ec2.describe_vpc_endpoints, VpcEndpointIds=[missing])
    aws.refused("InvalidVpcEndpointId.NotFound", ec2.modify_vpc_endpoint, VpcEndpointId=missing, AddSubnetIds=subnets)
    aws.refused(
        "InvalidServiceName", ec2.create_vpc_endpoint, **{**wanted, "ServiceName": "com.amazonaws.nowhere.none"}
    )
    aws.refused("InvalidServiceName", ec2.describe_vpc_endpoint_services, ServiceNames=["com.amazonaws.nowhere.none"])
    twice = {**wanted, "SubnetIds": subnets[:1], "PrivateDnsEnabled": True}
    aws.refused("InvalidParameter", ec2.create_vpc_endpoint, **twice)
    aws.refused(
        "InvalidNetworkInterfaceID.NotFound",
        ec2.describe_network_interfaces,
        NetworkInterfaceIds=["eni-00000000000000000"],
    )
    aws.refused("InvalidVpcEndpointId.NotFound", ec2.describe_vpc_endpoints, VpcEndpointIds=[missing, endpoint])


def surroundings(aws):
    """What is in a VPC without anybody having asked for it."""
    ec2 = aws.ec2
    vpc, subnets = make(aws, "10.7.0.0/16")
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    aws.expect(ec2.describe_route_tables(Filters=mine)["RouteTables"], "surroundings", "no main route table")
    aws.expect(ec2.describe_network_acls(Filters=mine)["NetworkAcls"], "surroundings", "no network ACL")
    ec2.modify_subnet_attribute(SubnetId=subnets[0], MapPublicIpOnLaunch={"Value": True})
    shown = ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]
    aws.expect(shown["MapPublicIpOnLaunch"], "surroundings", f"{shown}")
    _associations(aws, vpc)
    clear(aws, vpc, subnets)


def _associations(aws, vpc):
    ec2 = aws.ec2
    other = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="shared", Description="shared", VpcId=vpc)["GroupId"]
    aws.expect(ec2.associate_security_group_vpc(GroupId=group, VpcId=other)["State"], "_associations", "no state")
    mine = [{"Name": "group-id", "Values": [group]}]

    def states():
        found = ec2.describe_security_group_vpc_associations(Filters=mine)["SecurityGroupVpcAssociations"]
        return {one["State"] for one in found}

    aws.until("an association", lambda: states() == {"associated"})
    aws.refused("InvalidVpcID.NotFound", ec2.associate_security_group_vpc, GroupId=group, VpcId="vpc-00000000000000000")
    ec2.disassociate_security_group_vpc(GroupId=group, VpcId=other)
    aws.until("the end of an association", lambda: states() <= {"disassociated"})
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=other)


def prefix_lists(aws):
    """The lists of AWS's own services."""
    ec2 = aws.ec2
    wanted = [{"Name": "prefix-list-name", "Values": [f"com.amazonaws.{REGION}.s3"]}]
    lists = ec2.describe_prefix_lists(Filters=wanted)["PrefixLists"]
    aws.expect(len(lists) == 1, "prefix_lists", f"{lists}")
    aws.refused("InvalidPrefixListID.NotFound", ec2.describe_prefix_lists, PrefixListIds=["pl-00000000"])
    managed = ec2.describe_managed_prefix_lists(Filters=wanted)["PrefixLists"]
    aws.expect(managed[0]["PrefixListId"] == lists[0]["PrefixListId"], "prefix_lists", f"{managed}")
    entries = ec2.get_managed_prefix_list_entries(PrefixListId=lists[0]["PrefixListId"])["Entries"]
    aws.expect([entry["Cidr"] for entry in entries] == lists[0]["Cidrs"], "prefix_lists", f"{entries}")


SCENES = [networks, security_groups, tags, endpoints, surroundings, prefix_lists]
