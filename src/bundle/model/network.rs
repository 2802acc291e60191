//! The way in and the way on: the endpoint, the load balancer and the VPC link.

use tfplugin::{Attr, Model};

use super::Strings;

/// The interface endpoint and who may reach it.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Endpoint {
    /// The id of an endpoint for `execute-api` that exists, to use instead of a managed one. Nothing else about it is managed, so no other
    /// attribute but `additional_ids` goes with this one. One endpoint can serve many APIs.
    #[attr(optional)]
    pub id: Attr<String>,
    /// Subnets of the endpoint, instead of the resource's `subnet_ids`.
    #[attr(optional)]
    pub subnet_ids: Attr<Strings>,
    /// Whether `{api}.execute-api.{region}.amazonaws.com` resolves to the endpoint inside the VPC. Default `true`. It then does so for
    /// every API of the region, so public ones can no longer be called by that name from this VPC; and a VPC can have it only once.
    #[attr(optional)]
    pub private_dns_enabled: Attr<bool>,
    /// Security groups whose members may call the API: port 443 into the managed security group.
    #[attr(optional)]
    pub allowed_security_group_ids: Attr<Strings>,
    /// Blocks of addresses that may call the API.
    #[attr(optional)]
    pub allowed_cidr_blocks: Attr<Strings>,
    /// Prefix lists whose addresses may call the API.
    #[attr(optional)]
    pub allowed_prefix_list_ids: Attr<Strings>,
    /// Your own security groups, instead of the managed one.
    #[attr(optional)]
    pub security_group_ids: Attr<Strings>,
    /// The endpoint policy, a JSON document. Default: everything may pass, and the API's resource policy decides. Policies are compared
    /// by meaning.
    #[attr(optional)]
    pub policy: Attr<String>,
    /// Endpoints of other VPCs or accounts that may invoke the API too.
    #[attr(optional)]
    pub additional_ids: Attr<Strings>,
}

/// The load balancer.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct LoadBalancer {
    /// The ARN of an internal network load balancer that exists, to use instead of a managed one. The listeners and target groups of
    /// `backends` are made on it, and nothing else about it is managed: no other attribute but `listener_managed` goes with this one.
    #[attr(optional)]
    pub arn: Attr<String>,
    /// With `arn`: whether `backends` get listeners and target groups. Default `true`. With `false`, routes lead to listeners that exist,
    /// and `backends` only say their ports.
    #[attr(optional)]
    pub listener_managed: Attr<bool>,
    /// Subnets of the load balancer, instead of the resource's `subnet_ids`. Adding one happens in place. AWS doesn't let one go while a
    /// VPC link is connected, so removing one makes a new load balancer with new target groups behind a new link.
    #[attr(optional)]
    pub subnet_ids: Attr<Strings>,
    /// Whether every node reaches the targets of all zones. Default `true`.
    #[attr(optional)]
    pub cross_zone_enabled: Attr<bool>,
    /// Whether AWS refuses to delete the load balancer. Default `false`.
    #[attr(optional)]
    pub deletion_protection: Attr<bool>,
    /// Whether the load balancer gets a security group of its own, without inbound rules: nothing in the VPC can reach it, and what comes
    /// through the VPC link isn't subject to them. Default `true`. AWS never lets a load balancer made without a group have one later,
    /// so a change makes a new one.
    #[attr(optional)]
    pub managed_security_group: Attr<bool>,
    /// Your own security groups, instead of the managed one. Inbound rules are not enforced on what comes through the VPC link.
    #[attr(optional)]
    pub security_group_ids: Attr<Strings>,
    /// Logs of connections in S3. AWS writes them for `TLS` listeners only.
    #[attr(optional)]
    pub access_logs: Attr<ConnectionLogs>,
}

/// The VPC link.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct VpcLink {
    /// The id of a VPC link that exists, to use instead of a managed one: AWS allows 20 in a region, and one can serve many APIs. It must
    /// lead to the load balancer of `load_balancer.arn`, which AWS puts behind no second link.
    #[attr(optional)]
    pub id: Attr<String>,
}

/// Logs of connections.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct ConnectionLogs {
    /// The name of a bucket that lets Elastic Load Balancing write into it.
    #[attr(required)]
    pub bucket: Attr<String>,
    /// What the names of the objects begin with.
    #[attr(optional)]
    pub prefix: Attr<String>,
}
