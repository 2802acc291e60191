//! What is read of a bundle in more than one word.

use tfplugin::{Attr, Model};

/// The ways to call a stage.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct InvokeUrls {
    /// By private DNS name; resolves in the endpoint's VPC. Null when private DNS is off.
    #[attr(computed)]
    pub private_dns: Attr<String>,
    /// By the name that AWS gives the API at this endpoint; resolves everywhere, and leads to the endpoint.
    #[attr(computed)]
    pub endpoint: Attr<String>,
    /// By the endpoint's own name. Send `host` as the Host header.
    #[attr(computed)]
    pub vpc_endpoint_dns: Attr<String>,
    /// The Host header to send with `vpc_endpoint_dns`.
    #[attr(computed)]
    pub host: Attr<String>,
}

/// A network interface of the load balancer.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct NetworkInterface {
    /// Its id.
    #[attr(computed)]
    pub id: Attr<String>,
    /// Its private address.
    #[attr(computed)]
    pub private_ip: Attr<String>,
}

/// A target group.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct TargetGroup {
    /// Its ARN.
    #[attr(computed)]
    pub arn: Attr<String>,
    /// Its name.
    #[attr(computed)]
    pub name: Attr<String>,
}
