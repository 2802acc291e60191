//! What can be wrong with back ends.

use std::collections::BTreeMap;

use tfplugin::{Attr, Path};

use super::backends::scheme;
use super::desired::listener_port;
use super::model::{Backend, HealthCheck, MapOf};
use super::validate::{Check, port_path};
use crate::child::Input;
use crate::children::listener;

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
        self.one_of(&backend.target_type, &path.clone().attribute("target_type"), &["ip", "instance"]);
        self.one_of(&backend.url_scheme, &path.clone().attribute("url_scheme"), &["http", "https"]);
        self.range(&backend.deregistration_delay, &path.clone().attribute("deregistration_delay"), 0, 3600);
        if backend.tls_skip_verification == Attr::Known(true)
            && !backend.url_scheme.is_unknown()
            && matches!(scheme(backend), Input::Known(scheme) if scheme != "https")
        {
            let detail = "There is no certificate to verify without `url_scheme = \"https\"`.";
            self.error(&path.clone().attribute("tls_skip_verification"), "Only for https", detail);
        }
        let by_instance = backend.target_type.known().is_some_and(|kind| kind == "instance");
        let targets = if backend.target_type.is_unknown() { &Attr::Unknown } else { &backend.targets };
        for target in targets.known().into_iter().flat_map(|targets| targets.iter()).filter_map(Attr::known) {
            let (id, port) = target.split_once(':').unwrap_or((target, "1"));
            let fits = if by_instance { id.starts_with("i-") } else { id.parse::<std::net::Ipv4Addr>().is_ok() };
            if !fits || port.parse::<u16>().is_err() {
                let wanted = if by_instance { "an instance id `i-...`" } else { "an IPv4 address" };
                let detail =
                    format!("A target is {wanted}, with `:port` behind if it isn't `port`; this is {target:?}.");
                self.error(&path.clone().attribute("targets"), "Not a target", detail);
            }
        }
        if let Attr::Known(check) = &backend.health_check {
            self.health_check(check, &path.clone().attribute("health_check"));
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
    fn health_check(&mut self, check: &HealthCheck, path: &Path) {
        self.one_of(&check.protocol, &path.clone().attribute("protocol"), &["TCP", "HTTP", "HTTPS"]);
        self.range(&check.interval, &path.clone().attribute("interval"), 5, 300);
        self.range(&check.timeout, &path.clone().attribute("timeout"), 2, 120);
        self.range(&check.healthy_threshold, &path.clone().attribute("healthy_threshold"), 2, 10);
        self.range(&check.unhealthy_threshold, &path.clone().attribute("unhealthy_threshold"), 2, 10);
        let protocol = check.protocol.known_or("TCP".into());
        let unknown = check.protocol.is_unknown() || check.interval.is_unknown() || check.timeout.is_unknown();
        let (interval, timeout) =
            (check.interval.known_or(30), check.timeout.known_or(if protocol == "HTTP" { 6 } else { 10 }));
        if !unknown && timeout >= interval {
            let detail = format!(
                "The timeout is {timeout} s and the interval {interval} s; AWS wants the timeout below the interval."
            );
            self.error(&path.clone().attribute("timeout"), "The health check's timeout is too long", detail);
        }
        if protocol == "TCP" && !check.protocol.is_unknown() {
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
