//! What can be wrong with back ends.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use tfplugin::{Attr, Path};

use super::backends::{default_protocol, scheme};
use super::desired::listener_port;
use super::inputs::default;
use super::model::{Backend, HealthCheck, MapOf};
use super::validate::{Check, port_path};
use crate::child::Input;
use crate::children::{listener, target_group};

const ALPN: [&str; 5] = ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", listener::NO_ALPN];

impl Check {
    pub(super) fn backends(&mut self, backends: &Attr<MapOf<Backend>>) {
        let path = Path::attr("backends");
        let Some(backends) = backends.known() else { return };
        if backends.is_empty() {
            self.error(&path, "No back end", "Routes need at least one back end to lead to.");
        }
        let mut listeners: BTreeMap<i64, &String> = BTreeMap::new();
        for (name, backend) in backends {
            let path = path.clone().key(name);
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
                let detail = format!("The name of a back end has letters, digits, `-`, `_` and `.`; this is {name:?}.");
                self.error(&path, "Invalid name of a back end", detail);
            }
            let Attr::Known(backend) = backend else { continue };
            self.backend(backend, &path);
            let Attr::Known(port) = listener_port(backend) else { continue };
            if let Some(other) = listeners.insert(port, name) {
                let detail = format!(
                    "{other:?} and {name:?} both listen on {port}. Give one of them a `listener_port` of its own."
                );
                self.error(&port_path(name), "Two listeners on one port", detail);
            }
        }
    }

    fn backend(&mut self, backend: &Backend, path: &Path) {
        self.range(&backend.port, &path.clone().attribute("port"), 1, 65_535);
        // https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
        if let Some(port) = listener_port(backend).known().filter(|port| !matches!(port, 80 | 443 | 1024..=65_535)) {
            let detail = format!(
                "API Gateway reaches 80, 443 and 1024 to 65535, not {port}. Set `listener_port` to one of those."
            );
            self.error(&path.clone().attribute("listener_port"), "A port that API Gateway can't reach", detail);
        }
        self.security(backend, path);
        self.one_of(
            &backend.target_type,
            &path.clone().attribute("target_type"),
            &["ip", "instance", target_group::ALB],
        );
        self.one_of(&backend.url_scheme, &path.clone().attribute("url_scheme"), &["http", "https"]);
        self.range(&backend.deregistration_delay, &path.clone().attribute("deregistration_delay"), 0, 3600);
        if backend.tls_skip_verification == Attr::Known(true)
            && !backend.url_scheme.is_unknown()
            && matches!(scheme(backend), Input::Known(scheme) if scheme != "https")
        {
            let detail = "There is no certificate to verify without `url_scheme = \"https\"`.";
            self.error(&path.clone().attribute("tls_skip_verification"), "Only for https", detail);
        }
        self.targets(backend, path);
        if let Attr::Known(check) = &backend.health_check {
            self.health_check(check, &backend.target_type, &path.clone().attribute("health_check"));
        }
    }

    fn targets(&mut self, backend: &Backend, path: &Path) {
        let at = path.clone().attribute("targets");
        if backend.blue_green == Attr::Known(true) && backend.targets.is_known() {
            let detail = "Whoever deploys registers the targets of a pair: ECS, CodeDeploy. Drop `targets`, or drop `blue_green`.";
            self.error(&at, "Two who register targets", detail);
        }
        let Attr::Known(kind) = default(&backend.target_type, "ip".to_string()) else { return };
        let targets: Vec<&String> =
            backend.targets.known().into_iter().flat_map(|targets| targets.iter()).filter_map(Attr::known).collect();
        for target in &targets {
            let (id, port) = target.split_once(':').unwrap_or((target, "1"));
            let (fits, wanted) = match kind.as_str() {
                "instance" => (id.starts_with("i-") && port.parse::<u16>().is_ok(), "an instance id `i-...`"),
                target_group::ALB => (target.contains(":loadbalancer/app/"), "the ARN of an application load balancer"),
                _ => (id.parse::<Ipv4Addr>().is_ok() && port.parse::<u16>().is_ok(), "an IPv4 address"),
            };
            if !fits {
                let detail =
                    format!("A target is {wanted}, with `:port` behind if it isn't `port`; this is {target:?}.");
                self.error(&at, "Not a target", detail);
            }
        }
        if kind != target_group::ALB {
            return;
        }
        if targets.len() > 1 {
            self.error(
                &at,
                "More than one load balancer",
                "AWS takes one in a target group. Make a back end for each.",
            );
        }
        let settings = [
            ("deregistration_delay", backend.deregistration_delay.is_null()),
            ("preserve_client_ip", backend.preserve_client_ip.is_null()),
            ("connection_termination", backend.connection_termination.is_null()),
        ];
        for (name, _) in settings.iter().filter(|(_, is_null)| !is_null) {
            let detail = format!("AWS lets nobody change it where the target is a load balancer. Drop `{name}`.");
            self.error(&path.clone().attribute(*name), "Not for a load balancer as a target", detail);
        }
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/create-tls-listener.html>
    fn security(&mut self, backend: &Backend, path: &Path) {
        self.one_of(&backend.protocol, &path.clone().attribute("protocol"), &[listener::TCP, listener::TLS]);
        self.one_of(&backend.alpn_policy, &path.clone().attribute("alpn_policy"), &ALPN);
        let certificate = path.clone().attribute("certificate_arn");
        if let Some(arn) = backend.certificate_arn.known().filter(|arn| !arn.starts_with("arn:")) {
            self.error(
                &certificate,
                "Not an ARN",
                format!("It is the ARN of a certificate in ACM or IAM, not {arn:?}."),
            );
        }
        if backend.protocol.is_unknown() {
            return;
        }
        if backend.protocol == Attr::Known(listener::TLS.into()) {
            if backend.certificate_arn.is_null() {
                self.error(&certificate, "A certificate is missing", "A listener that speaks TLS needs one.");
            }
            if backend.url_scheme == Attr::Known("http".into()) {
                let detail = "The listener speaks TLS, so API Gateway has to. Leave `url_scheme` out.";
                self.error(&path.clone().attribute("url_scheme"), "Two ways to speak", detail);
            }
            return;
        }
        let settings = [
            (&backend.certificate_arn, "certificate_arn"),
            (&backend.ssl_policy, "ssl_policy"),
            (&backend.alpn_policy, "alpn_policy"),
        ];
        for (_, name) in settings.iter().filter(|(setting, _)| setting.is_known()) {
            let detail = format!("Set `protocol = \"TLS\"`, or drop `{name}`.");
            self.error(&path.clone().attribute(*name), "Only for TLS", detail);
        }
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html>
    fn health_check(&mut self, check: &HealthCheck, target_type: &Attr<String>, path: &Path) {
        let is_alb = *target_type == Attr::Known(target_group::ALB.into());
        let protocols: &[&str] = if is_alb { &["HTTP", "HTTPS"] } else { &["TCP", "HTTP", "HTTPS"] };
        self.one_of(&check.protocol, &path.clone().attribute("protocol"), protocols);
        self.range(&check.interval, &path.clone().attribute("interval"), 5, 300);
        self.range(&check.timeout, &path.clone().attribute("timeout"), 2, 120);
        self.range(&check.healthy_threshold, &path.clone().attribute("healthy_threshold"), 2, 10);
        self.range(&check.unhealthy_threshold, &path.clone().attribute("unhealthy_threshold"), 2, 10);
        let usual = default_protocol(target_type.known().map_or("", String::as_str));
        let protocol = check.protocol.known_or(usual.into());
        let unknown = check.protocol.is_unknown()
            || target_type.is_unknown()
            || check.interval.is_unknown()
            || check.timeout.is_unknown();
        let (interval, timeout) =
            (check.interval.known_or(30), check.timeout.known_or(if protocol == "HTTP" { 6 } else { 10 }));
        if !unknown && timeout >= interval {
            let detail = format!(
                "The timeout is {timeout} s and the interval {interval} s; AWS wants the timeout below the interval."
            );
            self.error(&path.clone().attribute("timeout"), "The health check's timeout is too long", detail);
        }
        if protocol == "TCP" && !check.protocol.is_unknown() && !target_type.is_unknown() {
            for (attr, name) in [(&check.path, "path"), (&check.matcher, "matcher")] {
                if attr.is_known() {
                    let detail = format!("A TCP check only connects. Set `protocol = \"HTTP\"`, or drop `{name}`.");
                    self.error(&path.clone().attribute(name), "Only for HTTP and HTTPS", detail);
                }
            }
        }
        if let Some(url) = check.path.known().filter(|url| !url.starts_with('/')) {
            self.error(
                &path.clone().attribute("path"),
                "Not a path",
                format!("It must begin with a slash; it is {url:?}."),
            );
        }
        if let Some(port) = check.port.known().filter(|port| *port != "traffic-port" && port.parse::<u16>().is_err()) {
            self.error(
                &path.clone().attribute("port"),
                "Not a port",
                format!("It is `traffic-port` or a number; it is {port:?}."),
            );
        }
    }
}
