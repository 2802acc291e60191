//! The query protocols of EC2 and Elastic Load Balancing: envelopes, pages, filters.

use bytes::Bytes;
use http::Request;

use super::network::{EC2_ERRORS, TF_TARGETS, count, ec2, ec2_code, ec2_refuses, elb, elb_code, elb_refuses, group};
use super::{EC2_MODEL, ELB_MODEL, Rule, left_out, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, Reply, element};

const EC2: &str = "1.5 Errors, filters and pages of EC2";
const ELB: &str = "1.6 Errors and pages of Elastic Load Balancing";

pub const RULES: &[Rule] = &[
    sourced(
        EC2,
        "An error is a Response with Errors, Error, Code, Message and RequestID, HTTP 400.",
        EC2_ERRORS,
        proof!(ec2_envelope),
    ),
    sourced(EC2, "An operation that doesn't exist is an InvalidAction.", EC2_ERRORS, proof!(no_operation)),
    sourced(EC2, "A missing parameter is named by MissingParameter.", EC2_ERRORS, proof!(missing_parameter)),
    sourced(
        EC2,
        "A parameter that the operation does not have is refused with UnknownParameter.",
        EC2_ERRORS,
        proof!(unknown_parameter),
    ),
    sourced(EC2, "A number that is none is an InvalidParameterValue.", EC2_ERRORS, proof!(no_number)),
    unverified(EC2, "A request without signature is an AuthFailure.", proof!(auth_failure)),
    unverified(EC2, "That AuthFailure has HTTP status 401.", proof!(auth_failure)),
    unverified(EC2, "A dry run answers DryRunOperation with HTTP status 412 and changes nothing.", proof!(dry_run)),
    sourced(EC2, "A describe by a filter that matches nothing is an empty list.", EC2_MODEL, proof!(empty_filter)),
    unverified(EC2, "A filter that the operation does not know is refused by its name.", proof!(unknown_filter)),
    sourced(EC2, "More than 200 values in a filter are a FilterLimitExceeded.", EC2_ERRORS, proof!(many_values)),
    sourced(EC2, "MaxResults is 5 to 1000; NextToken goes on where the page ended.", EC2_MODEL, proof!(ec2_pages)),
    sourced(EC2, "A token that no answer gave is an InvalidNextToken.", EC2_ERRORS, proof!(bad_token)),
    unverified(EC2, "DescribeVpcEndpoints with ids ignores MaxResults.", proof!(ids_ignore_pages)),
    left_out(
        EC2,
        "Errors of the service: InternalError, InternalFailure, Unavailable, ServiceUnavailable, RetryableError.",
        "they happen only when a test orders them as faults",
    ),
    left_out(
        ELB,
        "PriorRequestNotComplete has HTTP status 429, HealthUnavailable and InsufficientCapacity have 500.",
        "they happen only when a test orders them as faults",
    ),
    sourced(
        ELB,
        "An error is an ErrorResponse with Error, Type, Code, Message and RequestId, HTTP 400.",
        ELB_MODEL,
        proof!(elb_envelope),
    ),
    sourced(ELB, "Error codes have no Exception at their end.", ELB_MODEL, proof!(elb_envelope)),
    sourced(
        ELB,
        "Validation errors, which the service model does not list, have the code ValidationError.",
        TF_TARGETS,
        proof!(validation_error),
    ),
    sourced(
        ELB,
        "A number out of range is named with its path and the limit.",
        "aws-cloudformation/cfn-lint#807",
        proof!(out_of_range),
    ),
    sourced(
        ELB,
        "A describe by an unknown name or ARN is an error, not an empty list.",
        ELB_MODEL,
        proof!(unknown_names),
    ),
    sourced(
        ELB,
        "That error names nothing: One or more target groups not found.",
        "aws-samples/service-screener-v2#212",
        proof!(plural_message),
    ),
    sourced(ELB, "A describe takes up to 20 ARNs or names.", ELB_MODEL, proof!(twenty_names)),
    sourced(ELB, "PageSize is 1 to 400; Marker goes on where the page ended.", ELB_MODEL, proof!(elb_pages)),
];

async fn ec2_envelope(aws: Caller) {
    let (status, body) = aws.ec2("DescribeVpcs&VpcId.1=vpc-00000000000000000").await;
    assert_eq!(status, 400);
    assert!(body.contains("<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>"), "{body}");
    assert!(
        body.contains("</Message></Error></Errors><RequestID>") && body.ends_with("</RequestID></Response>"),
        "{body}"
    );
}

async fn missing_parameter(aws: Caller) {
    let message = "The request must contain the parameter GroupDescription";
    ec2_refuses(&aws, "CreateSecurityGroup&GroupName=g", "MissingParameter", message).await;
}

async fn unknown_parameter(aws: Caller) {
    let message = "The parameter Colour is not recognized";
    ec2_refuses(&aws, "DescribeVpcs&Colour=red", "UnknownParameter", message).await;
}

async fn no_number(aws: Caller) {
    ec2_code(&aws, "DescribeVpcs&MaxResults=many", "InvalidParameterValue").await;
}

async fn unsigned(aws: &Caller, body: &'static str) -> Reply {
    let request = Request::builder().method("POST").uri("/").body(Bytes::from_static(body.as_bytes())).unwrap();
    let response = aws.sim.call(request).await;
    (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
}

async fn auth_failure(aws: Caller) {
    let (status, body) = unsigned(&aws, "Action=DescribeVpcs&Version=2016-11-15").await;
    assert_eq!((status, element(&body, "Code").as_str()), (401, "AuthFailure"));
}

async fn dry_run(aws: Caller) {
    let (status, body) = aws.ec2("CreateVpc&CidrBlock=10.0.0.0/16&DryRun=true").await;
    assert_eq!((status, element(&body, "Code").as_str()), (412, "DryRunOperation"));
    assert_eq!(count(&ec2(&aws, "DescribeVpcs").await, "<vpcId>"), 1);
}

async fn empty_filter(aws: Caller) {
    let body = ec2(&aws, "DescribeVpcs&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-00000000000000000").await;
    assert!(body.contains("<vpcSet></vpcSet>"));
}

async fn unknown_filter(aws: Caller) {
    let form = "DescribeVpcs&Filter.1.Name=colour&Filter.1.Value.1=red";
    ec2_refuses(&aws, form, "InvalidParameterValue", "The filter 'colour' is invalid").await;
}

async fn many_values(aws: Caller) {
    let values: String = (1..=201).map(|number| format!("&Filter.1.Value.{number}=x")).collect();
    ec2_code(&aws, &format!("DescribeVpcs&Filter.1.Name=vpc-id{values}"), "FilterLimitExceeded").await;
}

async fn ec2_pages(aws: Caller) {
    for size in [4, 1001] {
        ec2_code(&aws, &format!("DescribeSecurityGroups&MaxResults={size}"), "InvalidParameterValue").await;
    }
    for name in 0..6 {
        group(&aws, &format!("g{name}")).await;
    }
    let first = ec2(&aws, "DescribeSecurityGroups&MaxResults=5").await;
    let next = element(&first, "nextToken");
    let second = ec2(&aws, &format!("DescribeSecurityGroups&MaxResults=5&NextToken={next}")).await;
    assert_eq!((count(&first, "<groupDescription>"), count(&second, "<groupDescription>")), (5, 2));
    assert!(!second.contains("nextToken"));
}

async fn bad_token(aws: Caller) {
    ec2_code(&aws, "DescribeSecurityGroups&NextToken=x", "InvalidNextToken").await;
}

async fn ids_ignore_pages(aws: Caller) {
    let one = element(&ec2(&aws, &aws.endpoint_form("&PrivateDnsEnabled=false")).await, "vpcEndpointId");
    let two = element(&ec2(&aws, &aws.endpoint_form("&PrivateDnsEnabled=false")).await, "vpcEndpointId");
    let form = format!("DescribeVpcEndpoints&MaxResults=1&VpcEndpointId.1={one}&VpcEndpointId.2={two}");
    assert_eq!(count(&ec2(&aws, &form).await, "<vpcEndpointId>"), 2);
    assert_eq!(count(&ec2(&aws, "DescribeVpcEndpoints&MaxResults=1").await, "<vpcEndpointId>"), 1);
}

async fn elb_envelope(aws: Caller) {
    let (status, body) = aws.elb("DescribeLoadBalancers&Names.member.1=nobody").await;
    assert_eq!(status, 400);
    assert!(body.contains("<ErrorResponse ") && body.contains("<Error>") && body.contains("<RequestId>"), "{body}");
    assert_eq!((element(&body, "Type").as_str(), element(&body, "Code").as_str()), ("Sender", "LoadBalancerNotFound"));
    assert_eq!(element(&body, "Message"), "Load balancers '[nobody]' not found");
}

async fn validation_error(aws: Caller) {
    elb_refuses(&aws, "CreateLoadBalancer", "ValidationError", "'Name' must be specified").await;
}

async fn out_of_range(aws: Caller) {
    let form = format!("CreateTargetGroup&Name=g&Protocol=TCP&Port=80&VpcId={}", aws.fresh.vpc_id);
    let message = "1 validation error detected: Value '600' at 'healthCheckIntervalSeconds' failed to satisfy constraint: Member must have value less than or equal to 300";
    elb_refuses(&aws, &format!("{form}&HealthCheckIntervalSeconds=600"), "ValidationError", message).await;
}

async fn unknown_names(aws: Caller) {
    let arn = |kind: &str| format!("arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:{kind}/net/x/0123456789abcdef");
    for (form, code) in [
        (format!("DescribeLoadBalancers&LoadBalancerArns.member.1={}", arn("loadbalancer")), "LoadBalancerNotFound"),
        ("DescribeLoadBalancers&Names.member.1=x".to_owned(), "LoadBalancerNotFound"),
        (format!("DescribeTargetGroups&TargetGroupArns.member.1={}", arn("targetgroup")), "TargetGroupNotFound"),
        ("DescribeTargetGroups&Names.member.1=x".to_owned(), "TargetGroupNotFound"),
        (format!("DescribeListeners&ListenerArns.member.1={}", arn("listener")), "ListenerNotFound"),
    ] {
        elb_code(&aws, &form, code).await;
    }
}

async fn plural_message(aws: Caller) {
    let form = "DescribeTargetGroups&Names.member.1=x";
    elb_refuses(&aws, form, "TargetGroupNotFound", "One or more target groups not found").await;
}

async fn twenty_names(aws: Caller) {
    let names: String = (1..=21).map(|number| format!("&Names.member.{number}=x")).collect();
    for operation in ["DescribeLoadBalancers", "DescribeTargetGroups"] {
        elb_code(&aws, &format!("{operation}{names}"), "ValidationError").await;
    }
}

async fn elb_pages(aws: Caller) {
    for size in [0, 401] {
        elb_code(&aws, &format!("DescribeTargetGroups&PageSize={size}"), "ValidationError").await;
    }
    aws.target_group("one").await;
    aws.target_group("two").await;
    let first = elb(&aws, "DescribeTargetGroups&PageSize=1").await;
    let marker = element(&first, "NextMarker");
    let second = elb(&aws, &format!("DescribeTargetGroups&PageSize=1&Marker={marker}")).await;
    assert_ne!(element(&first, "TargetGroupName"), element(&second, "TargetGroupName"));
    assert!(!second.contains("NextMarker"));
}

async fn no_operation(aws: Caller) {
    ec2_code(&aws, "MakeTea", "InvalidAction").await;
    elb_code(&aws, "MakeTea", "InvalidAction").await;
}
