//! VPC links, version 1.

mod deploying;
mod life;
mod references;

use serde_json::{Value, json};

use deploying::{late_status, refused_integration, service, waits, waits_five_minutes};
use life::{
    available, deleted, deleted_failed, deleted_twice, described, failed_holds_nothing, fails, final_failure, foreign,
    holds_balancer, ids, lingers, listed, not_active, not_idempotent, pending, quota, refuse, taken, unchangeable,
    updated,
};
use references::{
    api_deleted, canary, clean_method, dangling_method, dangling_resource, deployed, free_again, moved, overwritten,
    replaced, stage_deleted, undeployed, variable,
};

use super::api_gateway_wire::{invalid, operation, refused, replace};
use super::{MODEL, RECORDED, Rule, left_out, proof, sourced, unverified};

const CREATE: &str = "7.1 Creating a VPC link";
const UNDER: &str = "7.2 A VPC link and its load balancer";
const READ: &str = "7.3 Reading VPC links";
const UPDATE: &str = "7.4 Updating a VPC link";
const DELETE: &str = "7.5 Deleting a VPC link";
const REPLACE: &str = "7.6 Replacing a VPC link";

const INTEGRATE: &str = "9.3 Integrations";
const DEPLOY: &str = "11 Deployments";

const STATUS: &str = "botocore service model of apigateway, VpcLink.status";
const TF_WAIT: &str = "hashicorp/terraform-provider-aws, internal/service/apigateway/wait.go";
const PERMISSIONS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/grant-permissions-to-create-vpclink.html";
const GUIDE: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-api-with-vpclink-cli.html";
const KNOWN_ISSUES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html";
const KNOWLEDGE: &str = "https://repost.aws/knowledge-center/delete-vpc-link-amazon-gateway";
const MISSING: &str = "Invalid Vpc Link identifier specified";

pub const RULES: &[Rule] = &[
    sourced(
        CREATE,
        "An empty name is refused, before the targets are looked at.",
        RECORDED,
        proof!(aws => refuse(&aws, json!({"name": "", "targetArns": ["x"]}), "Name cannot be empty")),
    ),
    sourced(
        CREATE,
        "A target that is no ARN is refused.",
        RECORDED,
        proof!(aws => refuse(&aws, json!({"name": "x", "targetArns": ["nonsense"]}),
            "Invalid ARN. ARN is not well formed nonsense")),
    ),
    sourced(
        CREATE,
        "More than one target is refused.",
        "hashicorp/terraform-provider-aws#2512",
        proof!(aws => refuse(&aws, json!({"name": "x", "targetArns": ["a", "b"]}),
            "More than one target arn specified for vpc link.")),
    ),
    unverified(
        CREATE,
        "No target at all is refused.",
        proof!(aws => refuse(&aws, json!({"name": "x", "targetArns": []}), "No target arn specified for vpc link.")),
    ),
    unverified(
        CREATE,
        "Absent name and targets are found by the framework.",
        proof!(aws => invalid(&aws, "POST", "/vpclinks", json!({}),
            "2 validation errors detected: Value null at 'createVpcLinkInput.name' failed to satisfy constraint: Member must not be null; Value null at 'createVpcLinkInput.targetArns' failed to satisfy constraint: Member must not be null")),
    ),
    sourced(CREATE, "There are twenty links at most, and failed ones count.", "pulumi/pulumi-cloud#666", proof!(quota)),
    sourced(
        CREATE,
        "The answer is 202 and PENDING with id, name and targets, and description and tags if there are some.",
        RECORDED,
        proof!(pending),
    ),
    sourced(CREATE, "An id is six lower-case letters and digits.", GUIDE, proof!(ids)),
    sourced(
        CREATE,
        "Names are not unique, and the same request makes a second link.",
        "hashicorp/terraform-provider-aws#12796",
        proof!(not_idempotent),
    ),
    sourced(CREATE, "Description and tags are kept from the start.", MODEL, proof!(described)),
    sourced(CREATE, "A link is PENDING for minutes and then AVAILABLE, ready for use.", RECORDED, proof!(available)),
    sourced(
        CREATE,
        "A load balancer that is not active fails the link, later.",
        "aws-cloudformation/cloudformation-coverage-roadmap#1951",
        proof!(not_active),
    ),
    sourced(
        CREATE,
        "The ARN of an application load balancer fails the link, later.",
        "hashicorp/terraform-provider-aws#30910",
        proof!(aws => fails(&aws, "loadbalancer/app/x/0123456789abcdef", "NLB ARN is malformed")),
    ),
    unverified(
        CREATE,
        "A network load balancer that does not exist fails the link, later.",
        proof!(aws => fails(&aws, "loadbalancer/net/x/0123456789abcdef", "NLB ARN is malformed")),
    ),
    unverified(CREATE, "A load balancer of another account fails the link, later.", proof!(foreign)),
    sourced(CREATE, "A load balancer that has a link fails a second one, later.", GUIDE, proof!(taken)),
    sourced(
        CREATE,
        "FAILED is final: a load balancer that becomes active later does not help.",
        "hashicorp/terraform-provider-aws#18382",
        proof!(final_failure),
    ),
    unverified(CREATE, "No listener and no healthy target is needed.", proof!(available)),
    sourced(
        UNDER,
        "A load balancer cannot be deleted while it has a link.",
        "kubernetes/kubernetes#66959",
        proof!(holds_balancer),
    ),
    sourced(
        UNDER,
        "A link that has not failed has an endpoint service for its load balancer in the account.",
        PERMISSIONS,
        proof!(service),
    ),
    unverified(
        UNDER,
        "DescribeVpcEndpointServiceConfigurations lists that service, with an id and managesVpcEndpoints.",
        proof!(service),
    ),
    unverified(UNDER, "For a moment after its link has gone a load balancer still cannot be deleted.", proof!(lingers)),
    unverified(UNDER, "A failed link does not hold its load balancer.", proof!(failed_holds_nothing)),
    sourced(
        READ,
        "GetVpcLink of an unknown id is a 404.",
        RECORDED,
        proof!(aws => refused(&aws, "GET", "/vpclinks/nothere", Value::Null, 404, MISSING)),
    ),
    sourced(READ, "GetVpcLink shows tags, also when there are none.", RECORDED, proof!(available)),
    sourced(READ, "GetVpcLinks lists links without tags.", RECORDED, proof!(listed)),
    sourced(UPDATE, "Name and description can be replaced, at once, and the status stays.", RECORDED, proof!(updated)),
    sourced(UPDATE, "The answer has the tags.", RECORDED, proof!(updated)),
    sourced(
        UPDATE,
        "Targets cannot be changed.",
        "hashicorp/terraform-provider-aws#2512",
        proof!(aws => unchangeable(&aws, replace("/targetArns", "x"),
            "Target arns are not allowed to be changed/added.")),
    ),
    sourced(
        UPDATE,
        "Targets cannot be added.",
        "hashicorp/terraform-provider-aws#2512",
        proof!(aws => unchangeable(&aws, operation("add", "/targetArns/1", "x"),
            "Target arns are not allowed to be changed/added.")),
    ),
    unverified(
        UPDATE,
        "The name cannot become empty.",
        proof!(aws => unchangeable(&aws, replace("/name", ""), "Name cannot be empty")),
    ),
    unverified(
        UPDATE,
        "Tags are no path of a patch.",
        proof!(aws => unchangeable(&aws, replace("/tags/a", "b"), "Invalid patch path /tags/a")),
    ),
    sourced(
        UPDATE,
        "An unknown id is a 404.",
        RECORDED,
        proof!(aws => refused(&aws, "PATCH", "/vpclinks/nothere", replace("/name", "x"), 404, MISSING)),
    ),
    sourced(
        DELETE,
        "The answer is 202; the link is DELETING and then gone without a last status.",
        RECORDED,
        proof!(deleted),
    ),
    sourced(
        DELETE,
        "An unknown id is a 404.",
        RECORDED,
        proof!(aws => refused(&aws, "DELETE", "/vpclinks/nothere", Value::Null, 404, MISSING)),
    ),
    unverified(DELETE, "A link that is DELETING can be deleted again.", proof!(deleted_twice)),
    sourced(
        DELETE,
        "A link that is PENDING or FAILED can be deleted.",
        "hashicorp/terraform-provider-aws#18382",
        proof!(deleted_failed),
    ),
    sourced(
        DELETE,
        "A stage whose deployment has a method with the link's id holds the link; the message lists all of them.",
        "klothoplatform/klotho#202",
        proof!(deployed),
    ),
    sourced(
        DELETE,
        "Changing the integration does not release the link; moving the stage to a new deployment does.",
        "hashicorp/terraform#18392",
        proof!(moved),
    ),
    sourced(DELETE, "Deleting the stage releases the link.", "hashicorp/terraform#18392", proof!(stage_deleted)),
    unverified(DELETE, "Deployments that no stage points at do not hold a link.", proof!(moved)),
    unverified(DELETE, "The deployment of a canary holds a link.", proof!(canary)),
    sourced(
        DELETE,
        "An integration that was never deployed holds the link until it has another type or link.",
        KNOWLEDGE,
        proof!(undeployed),
    ),
    sourced(
        DELETE,
        "A method that is deleted with its integration leaves a reference: the link is still in use.",
        KNOWN_ISSUES,
        proof!(dangling_method),
    ),
    unverified(DELETE, "Nothing but deleting the API clears that reference.", proof!(dangling_method)),
    sourced(
        DELETE,
        "A resource that is deleted with its integrations leaves a reference.",
        KNOWN_ISSUES,
        proof!(dangling_resource),
    ),
    sourced(
        DELETE,
        "Deleting the integration first, then the method, leaves nothing.",
        KNOWN_ISSUES,
        proof!(clean_method),
    ),
    sourced(
        DELETE,
        "A link that is named by a stage variable leaves no reference behind.",
        KNOWN_ISSUES,
        proof!(variable),
    ),
    sourced(
        DELETE,
        "Right after the call GetVpcLink may still tell the status of before (the simulator when it lags).",
        TF_WAIT,
        proof!(late_status),
    ),
    unverified(INTEGRATE, "PutIntegration refuses a link that is DELETING.", proof!(refused_integration)),
    sourced(DEPLOY, "CreateDeployment waits for a link of an integration that is PENDING.", STATUS, proof!(waits)),
    unverified(
        DEPLOY,
        "What waits is its answer, for five minutes at most; the deployment can be read before.",
        proof!(waits_five_minutes),
    ),
    left_out(
        DEPLOY,
        "CreateDeployment fails when a link of an integration is DELETING.",
        "integrations hold their link, and none can be given a link that is DELETING, so it does not come to that",
    ),
    unverified(DELETE, "A link that is named by a stage variable is not held by the stage.", proof!(variable)),
    unverified(DELETE, "A PutRestApi that drops a method leaves no reference behind.", proof!(overwritten)),
    sourced(DELETE, "Deleting the API releases its links.", "klothoplatform/klotho#202", proof!(api_deleted)),
    sourced(
        REPLACE,
        "A new load balancer and link can be made before the old ones go, and every stage moved in between.",
        "hashicorp/terraform-provider-aws#12195",
        proof!(replaced),
    ),
    unverified(
        REPLACE,
        "A load balancer is free for another link once its link has gone and a moment has passed.",
        proof!(free_again),
    ),
];
