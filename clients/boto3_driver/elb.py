"""Elastic Load Balancing: balancers, target groups, listeners, their attributes and tags."""

from . import network


def forward(group):
    """The one default action of a listener."""
    return [{"Type": "forward", "TargetGroupArn": group}]


def balancer(aws, name, subnets, **more):
    """An internal network load balancer; its ARN."""
    wanted = {"Name": name, "Type": "network", "Scheme": "internal", "Subnets": subnets, **more}
    return aws.elb.create_load_balancer(**wanted)["LoadBalancers"][0]["LoadBalancerArn"]


def target_group(aws, name, vpc, port=3001):
    """A TCP target group for addresses; its ARN."""
    wanted = {"Name": name, "Protocol": "TCP", "Port": port, "VpcId": vpc, "TargetType": "ip"}
    return aws.elb.create_target_group(**wanted)["TargetGroups"][0]["TargetGroupArn"]


def remove(aws, vpc, subnets, arns, groups=(), security_groups=()):
    """Deletes balancers and everything that was made for them, in the order in which AWS lets them go."""
    for arn in arns:
        aws.elb.delete_load_balancer(LoadBalancerArn=arn)
    aws.wait(aws.elb, "load_balancers_deleted", LoadBalancerArns=arns)
    for group in groups:
        aws.until("a target group", lambda: _gone(aws, group))
    network.clear(aws, vpc, subnets, security_groups)


def _gone(aws, group):
    try:
        aws.elb.delete_target_group(TargetGroupArn=group)
        return True
    except aws.elb.exceptions.ResourceInUseException:
        return False


def balancers(aws):
    """Balancers in all their settings."""
    elb = aws.elb
    vpc, subnets = network.make(aws, "10.20.0.0/16")
    groups = [
        aws.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("one", "two")
    ]
    arns = [balancer(aws, "boto3-0", subnets[:2], SecurityGroups=groups[:1], Tags=[{"Key": "a", "Value": "b"}])]
    arns += [balancer(aws, f"boto3-{number}", subnets[:1]) for number in range(1, 4)]
    aws.wait(elb, "load_balancer_exists", LoadBalancerArns=arns)
    aws.wait(elb, "load_balancer_available", LoadBalancerArns=arns)
    aws.pages(elb, "describe_load_balancers", "LoadBalancers", 3, 4)

    elb.set_security_groups(
        LoadBalancerArn=arns[0], SecurityGroups=groups, EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="off"
    )
    elb.set_subnets(LoadBalancerArn=arns[0], Subnets=subnets)
    elb.set_ip_address_type(LoadBalancerArn=arns[0], IpAddressType="ipv4")
    cross = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=arns[0], Attributes=cross)
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=arns[0])["Attributes"]
    aws.expect(cross[0] in attributes, "balancers", f"{cross[0]} is not in {attributes}")
    elb.describe_capacity_reservation(LoadBalancerArn=arns[0])
    _balancer_refusals(aws, arns[0], subnets)
    remove(aws, vpc, subnets, arns, security_groups=groups)


def _balancer_refusals(aws, arn, subnets):
    elb = aws.elb
    missing = arn[:-1] + ("0" if arn[-1] != "0" else "1")
    nowhere, nobody = "subnet-00000000000000000", "sg-00000000000000000"
    create = {"Name": "boto3-0", "Type": "network", "Scheme": "internal", "Subnets": subnets[:1]}
    aws.refused("DuplicateLoadBalancerName", elb.create_load_balancer, **create)
    aws.refused("ValidationError", elb.create_load_balancer, **{**create, "Name": "-x"})
    aws.refused("SubnetNotFound", elb.create_load_balancer, **{**create, "Name": "x", "Subnets": [nowhere]})
    aws.refused("LoadBalancerNotFound", elb.describe_load_balancers, LoadBalancerArns=[missing])
    aws.refused("LoadBalancerNotFound", elb.describe_load_balancers, Names=["nobody"])
    aws.refused("LoadBalancerNotFound", elb.describe_load_balancer_attributes, LoadBalancerArn=missing)
    wrong = [{"Key": "load_balancing.cross_zone.enabled", "Value": "perhaps"}]
    aws.refused(
        "InvalidConfigurationRequest", elb.modify_load_balancer_attributes, LoadBalancerArn=arn, Attributes=wrong
    )
    aws.refused("InvalidSecurityGroup", elb.set_security_groups, LoadBalancerArn=arn, SecurityGroups=[nobody])
    aws.refused("SubnetNotFound", elb.set_subnets, LoadBalancerArn=arn, Subnets=[*subnets, nowhere])
    aws.refused("LoadBalancerNotFound", elb.set_ip_address_type, LoadBalancerArn=missing, IpAddressType="ipv4")
    protected = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protected)
    aws.refused("OperationNotPermitted", elb.delete_load_balancer, LoadBalancerArn=arn)
    protected[0]["Value"] = "false"
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protected)


def listeners(aws):
    """Target groups, their targets, and the listeners in front of them."""
    elb = aws.elb
    vpc, subnets = network.make(aws, "10.21.0.0/16")
    arn = balancer(aws, "boto3-listeners", subnets[:1])
    groups = [target_group(aws, f"boto3-{number}", vpc, 3000 + number) for number in range(4)]
    aws.pages(elb, "describe_target_groups", "TargetGroups", 3, 4)
    changed = elb.modify_target_group(TargetGroupArn=groups[0], HealthCheckIntervalSeconds=20)["TargetGroups"][0]
    aws.expect(changed["HealthCheckIntervalSeconds"] == 20, "listeners", f"{changed}")
    quick = [{"Key": "deregistration_delay.timeout_seconds", "Value": "10"}]
    elb.modify_target_group_attributes(TargetGroupArn=groups[0], Attributes=quick)
    elb.describe_target_group_attributes(TargetGroupArn=groups[0])

    targets = [{"Id": "10.21.0.10"}, {"Id": "10.21.0.11", "Port": 3100}]
    elb.register_targets(TargetGroupArn=groups[0], Targets=targets)
    health = elb.describe_target_health(TargetGroupArn=groups[0])["TargetHealthDescriptions"]
    aws.expect({one["TargetHealth"]["State"] for one in health} == {"unused"}, "listeners", f"{health}")
    aws.wait(elb, "load_balancer_available", LoadBalancerArns=[arn])
    made = [
        elb.create_listener(LoadBalancerArn=arn, Protocol="TCP", Port=3000 + number, DefaultActions=forward(group))
        for number, group in enumerate(groups)
    ]
    made = [one["Listeners"][0]["ListenerArn"] for one in made]
    aws.wait(elb, "target_in_service", TargetGroupArn=groups[0])
    aws.pages(elb, "describe_listeners", "Listeners", 3, 4, LoadBalancerArn=arn)
    elb.modify_listener(ListenerArn=made[1], Port=3333)
    idle = [{"Key": "tcp.idle_timeout.seconds", "Value": "400"}]
    elb.modify_listener_attributes(ListenerArn=made[0], Attributes=idle)
    aws.expect(
        idle[0] in elb.describe_listener_attributes(ListenerArn=made[0])["Attributes"], "listeners", "no idle time"
    )
    aws.expect(not elb.describe_listener_certificates(ListenerArn=made[0])["Certificates"], "listeners", "one")
    _listener_refusals(aws, vpc, arn, groups, made)

    elb.deregister_targets(TargetGroupArn=groups[0], Targets=targets)
    gone = [{"Id": "10.21.0.10", "Port": 3000}, targets[1]]
    aws.wait(elb, "target_deregistered", TargetGroupArn=groups[0], Targets=gone)
    elb.delete_listener(ListenerArn=made[0])
    remove(aws, vpc, subnets, [arn], groups)


def _listener_refusals(aws, vpc, arn, groups, made):
    elb = aws.elb
    group, listener = groups[0][:-16] + "0" * 16, made[0][:-16] + "0" * 16
    create = {"Name": "boto3-0", "Protocol": "TCP", "Port": 1, "VpcId": vpc, "TargetType": "ip"}
    aws.refused("DuplicateTargetGroupName", elb.create_target_group, **create)
    aws.refused("ValidationError", elb.create_target_group, **{**create, "Name": "x" * 33})
    aws.refused("TargetGroupNotFound", elb.describe_target_groups, TargetGroupArns=[group])
    aws.refused("TargetGroupNotFound", elb.modify_target_group, TargetGroupArn=group, HealthCheckIntervalSeconds=10)
    aws.refused("TargetGroupNotFound", elb.describe_target_group_attributes, TargetGroupArn=group)
    quick = [{"Key": "deregistration_delay.timeout_seconds", "Value": "10"}]
    aws.refused("TargetGroupNotFound", elb.modify_target_group_attributes, TargetGroupArn=group, Attributes=quick)
    aws.refused("ResourceInUse", elb.delete_target_group, TargetGroupArn=groups[0])
    aws.refused("InvalidTarget", elb.register_targets, TargetGroupArn=groups[0], Targets=[{"Id": "8.8.8.8"}])
    aws.refused("TargetGroupNotFound", elb.deregister_targets, TargetGroupArn=group, Targets=[{"Id": "10.21.0.10"}])
    aws.refused("TargetGroupNotFound", elb.describe_target_health, TargetGroupArn=group)
    wanted = {"LoadBalancerArn": arn, "Protocol": "TCP", "Port": 3000, "DefaultActions": forward(groups[1])}
    aws.refused("DuplicateListener", elb.create_listener, **wanted)
    aws.refused("TargetGroupNotFound", elb.create_listener, **{**wanted, "Port": 1, "DefaultActions": forward(group)})
    aws.refused("ListenerNotFound", elb.describe_listeners, ListenerArns=[listener])
    aws.refused("ListenerNotFound", elb.modify_listener, ListenerArn=listener, Port=7)
    aws.refused("ListenerNotFound", elb.describe_listener_attributes, ListenerArn=listener)
    idle = [{"Key": "tcp.idle_timeout.seconds", "Value": "400"}]
    aws.refused("ListenerNotFound", elb.modify_listener_attributes, ListenerArn=listener, Attributes=idle)
    aws.refused("ListenerNotFound", elb.delete_listener, ListenerArn=listener)


def tags(aws):
    """Tags of all three kinds, asked for at once."""
    elb = aws.elb
    vpc, subnets = network.make(aws, "10.22.0.0/16")
    arn, group = balancer(aws, "boto3-tags", subnets[:1]), target_group(aws, "boto3-tags", vpc)
    aws.wait(elb, "load_balancer_available", LoadBalancerArns=[arn])
    wanted = {"LoadBalancerArn": arn, "Protocol": "TCP", "Port": 80, "DefaultActions": forward(group)}
    arns = [arn, group, elb.create_listener(**wanted)["Listeners"][0]["ListenerArn"]]
    elb.add_tags(ResourceArns=arns, Tags=[{"Key": "team", "Value": "a @ b"}, {"Key": "empty", "Value": ""}])
    elb.remove_tags(ResourceArns=arns[:1], TagKeys=["team", "unknown"])
    found = [len(one["Tags"]) for one in elb.describe_tags(ResourceArns=arns)["TagDescriptions"]]
    aws.expect(sorted(found) == [1, 2, 2], "tags", f"{found} tags")
    missing = group[:-16] + "0" * 16
    aws.refused("TargetGroupNotFound", elb.add_tags, ResourceArns=[missing], Tags=[{"Key": "a", "Value": "b"}])
    aws.refused("TargetGroupNotFound", elb.remove_tags, ResourceArns=[missing], TagKeys=["a"])
    aws.refused("TargetGroupNotFound", elb.describe_tags, ResourceArns=[missing])
    double = [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]
    aws.refused("DuplicateTagKeys", elb.add_tags, ResourceArns=[group], Tags=double)
    remove(aws, vpc, subnets, [arn], [group])


def facts(aws):
    """What the service says about itself."""
    elb = aws.elb
    aws.pages(elb, "describe_account_limits", "Limits", 5, len(elb.describe_account_limits()["Limits"]))
    names = [policy["Name"] for policy in elb.describe_ssl_policies()["SslPolicies"]]
    aws.expect("ELBSecurityPolicy-TLS13-1-2-2021-06" in names, "facts", f"{names}")
    aws.refused("SSLPolicyNotFound", elb.describe_ssl_policies, Names=["nobody"])


SCENES = [balancers, listeners, tags, facts]
