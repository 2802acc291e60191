//! Back ends.

use tfplugin::{Attr, Model};

use super::Strings;

/// A back end: one listener on the load balancer and one target group.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Backend {
    /// The port that its instances listen on. A change makes a new target group.
    #[attr(required)]
    pub port: Attr<i64>,
    /// The port of its listener. Default `port`. API Gateway reaches 80, 443 and everything from 1024 upward.
    #[attr(optional)]
    pub listener_port: Attr<i64>,
    /// `TCP` (default), or `TLS` for a listener that has a certificate of its own. To change it, change `listener_port`, too: the new
    /// listener serves before the old one goes.
    #[attr(optional)]
    pub protocol: Attr<String>,
    /// With `TLS`: the ARN of the listener's certificate, in ACM or IAM.
    #[attr(optional)]
    pub certificate_arn: Attr<String>,
    /// With `TLS`: the security policy. Default `ELBSecurityPolicy-TLS13-1-2-2021-06`.
    #[attr(optional)]
    pub ssl_policy: Attr<String>,
    /// With `TLS`: `HTTP1Only`, `HTTP2Only`, `HTTP2Optional`, `HTTP2Preferred` or `None` (default).
    #[attr(optional)]
    pub alpn_policy: Attr<String>,
    /// `ip` (default), `instance`, or `alb` for an application load balancer, whose only target is its ARN. A listener there must have
    /// `port`.
    #[attr(optional)]
    pub target_type: Attr<String>,
    /// The targets: addresses, instance ids or the ARN of a load balancer, with `:port` behind when it isn't `port`. Left out, something else registers them: an ECS
    /// service, an auto-scaling group.
    #[attr(optional)]
    pub targets: Attr<Strings>,
    /// How the load balancer finds out whether a target is healthy. Default: a TCP connection to its port.
    #[attr(optional)]
    pub health_check: Attr<HealthCheck>,
    /// Seconds that a removed target may take to finish its connections, 0 to 3600. Default 300.
    #[attr(optional)]
    pub deregistration_delay: Attr<i64>,
    /// Whether targets see the client's address instead of the load balancer's. Clients are nodes of API Gateway. Default `true` for
    /// `instance`, `false` for `ip`.
    #[attr(optional)]
    pub preserve_client_ip: Attr<bool>,
    /// Whether connections are cut at the end of the deregistration delay. Default `false`.
    #[attr(optional)]
    pub connection_termination: Attr<bool>,
    /// Whether there is a second target group, for deployments that move traffic between the two: by ECS, CodeDeploy or anybody. Which of
    /// them the listener leads to is theirs to say from then on. Default `false`.
    #[attr(optional)]
    pub blue_green: Attr<bool>,
    /// `http`, or `https` for a back end, or a listener, that speaks TLS. Default `http`, with `protocol = "TLS"` `https`.
    #[attr(optional)]
    pub url_scheme: Attr<String>,
    /// With `https`: accept a certificate of a private authority. Default `false`.
    #[attr(optional)]
    pub tls_skip_verification: Attr<bool>,
}

/// A health check.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct HealthCheck {
    /// `TCP` (default), `HTTP` or `HTTPS`. A load balancer as a target is checked by `HTTP` (default) or `HTTPS`.
    #[attr(optional)]
    pub protocol: Attr<String>,
    /// A port, or `traffic-port` (default) for the target's own.
    #[attr(optional)]
    pub port: Attr<String>,
    /// For `HTTP` and `HTTPS`: the path to ask for. Default `/`.
    #[attr(optional)]
    pub path: Attr<String>,
    /// For `HTTP` and `HTTPS`: the codes that mean healthy, such as `200` or `200-399` (default).
    #[attr(optional)]
    pub matcher: Attr<String>,
    /// Seconds between two checks, 5 to 300. Default 30.
    #[attr(optional)]
    pub interval: Attr<i64>,
    /// Seconds until a check has failed, 2 to 120 and below the interval. Default 10, for `HTTP` 6.
    #[attr(optional)]
    pub timeout: Attr<i64>,
    /// Successes in a row until a target is healthy, 2 to 10. Default 5.
    #[attr(optional)]
    pub healthy_threshold: Attr<i64>,
    /// Failures in a row until a target is unhealthy, 2 to 10. Default 2.
    #[attr(optional)]
    pub unhealthy_threshold: Attr<i64>,
}
