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

/// The target group of a back end, or its pair of them.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct TargetGroup {
    /// Its ARN; of a pair, that of the blue one.
    #[attr(computed)]
    pub arn: Attr<String>,
    /// Its name; of a pair, that of the blue one.
    #[attr(computed)]
    pub name: Attr<String>,
    /// Of a pair: the ARN of the blue one, which gets the requests first.
    #[attr(computed)]
    pub blue_arn: Attr<String>,
    /// Of a pair: the ARN of the green one.
    #[attr(computed)]
    pub green_arn: Attr<String>,
    /// Of a pair: the name of the blue one.
    #[attr(computed)]
    pub blue_name: Attr<String>,
    /// Of a pair: the name of the green one.
    #[attr(computed)]
    pub green_name: Attr<String>,
}
