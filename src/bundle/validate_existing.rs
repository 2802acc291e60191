//! What can be wrong with pieces that are handed in.

use tfplugin::{Attr, Path};

use super::existing::{balancer_is_given, has_listeners};
use super::model::{Backend, Endpoint, InternalApi, LoadBalancer, Strings};
use super::validate::Check;

impl Check {
    pub(super) fn existing(&mut self, config: &InternalApi) {
        self.existing_endpoint(config);
        self.existing_balancer(config);
        self.existing_link(config);
        self.without_subnets(config);
        let has_none =
            config.load_balancer.known().is_some_and(|balancer| balancer.arn.is_known()) && !has_listeners(config);
        for (name, backend) in config.backends.known().into_iter().flatten().filter(|_| has_none) {
            if let Attr::Known(backend) = backend {
                self.only_a_port(backend, &Path::attr("backends").key(name));
            }
        }
    }

    fn existing_endpoint(&mut self, config: &InternalApi) {
        let Some(endpoint) = config.endpoint.known().filter(|endpoint| endpoint.id.is_known()) else { return };
        let path = Path::attr("endpoint");
        self.prefixed(&endpoint.id, &path.clone().attribute("id"), "vpce-");
        let Endpoint { subnet_ids, allowed_security_group_ids, allowed_cidr_blocks, .. } = endpoint;
        let Endpoint { private_dns_enabled, allowed_prefix_list_ids, security_group_ids, policy, .. } = endpoint;
        let others = [
            ("subnet_ids", subnet_ids.is_null()),
            ("private_dns_enabled", private_dns_enabled.is_null()),
            ("allowed_security_group_ids", allowed_security_group_ids.is_null()),
            ("allowed_cidr_blocks", allowed_cidr_blocks.is_null()),
            ("allowed_prefix_list_ids", allowed_prefix_list_ids.is_null()),
            ("security_group_ids", security_group_ids.is_null()),
            ("policy", policy.is_null()),
        ];
        self.nothing_else(&path, "id", &others);
        let is_twice = |ids: &Strings| ids.iter().any(|id| id.is_known() && *id == endpoint.id);
        if endpoint.additional_ids.known().is_some_and(is_twice) {
            let detail = "It is `endpoint.id` already, and so may invoke the API.";
            self.error(&path.attribute("additional_ids"), "An endpoint twice", detail);
        }
    }

    fn existing_balancer(&mut self, config: &InternalApi) {
        let Some(balancer) = config.load_balancer.known() else { return };
        let path = Path::attr("load_balancer");
        if !balancer.arn.is_known() {
            if balancer.arn.is_null() && balancer.listener_managed == Attr::Known(false) {
                let detail =
                    "A load balancer that is made here has no other listeners. Hand one in with `arn`, or drop this.";
                self.error(&path.attribute("listener_managed"), "Only with `arn`", detail);
            }
            return;
        }
        let at = path.clone().attribute("arn");
        if let Some(arn) = balancer.arn.known().filter(|arn| !arn.contains(":loadbalancer/net/")) {
            let detail = format!(
                "It must be the ARN of a network load balancer, `arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/net/...`: a VPC \
                 link reaches no other; it is {arn:?}."
            );
            self.error(&at, "Not a network load balancer", detail);
        }
        let LoadBalancer { subnet_ids, cross_zone_enabled, deletion_protection, .. } = balancer;
        let LoadBalancer { managed_security_group, security_group_ids, access_logs, .. } = balancer;
        let others = [
            ("subnet_ids", subnet_ids.is_null()),
            ("cross_zone_enabled", cross_zone_enabled.is_null()),
            ("deletion_protection", deletion_protection.is_null()),
            ("managed_security_group", managed_security_group.is_null()),
            ("security_group_ids", security_group_ids.is_null()),
            ("access_logs", access_logs.is_null()),
        ];
        self.nothing_else(&path, "arn", &others);
    }

    fn existing_link(&mut self, config: &InternalApi) {
        let Some(link) = config.vpc_link.known().filter(|link| link.id.is_known()) else { return };
        let at = Path::attr("vpc_link").attribute("id");
        if link.id.known().is_some_and(|id| id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric())) {
            let detail =
                format!("It has letters and digits, such as `ab12cd`; it is {:?}.", link.id.known_or(String::new()));
            self.error(&at, "Not the id of a VPC link", detail);
        }
        if !config.load_balancer.is_unknown() && !balancer_is_given(config) {
            let detail = "A link leads to the load balancer that it was made for. Give that with `load_balancer.arn`.";
            self.error(&at, "A VPC link without its load balancer", detail);
        }
    }

    /// Subnets are needed for what is made here and has none of its own.
    fn without_subnets(&mut self, config: &InternalApi) {
        let endpoint =
            config.endpoint.known().is_some_and(|endpoint| !endpoint.id.is_null() || !endpoint.subnet_ids.is_null());
        let balancer = config
            .load_balancer
            .known()
            .is_some_and(|balancer| !balancer.arn.is_null() || !balancer.subnet_ids.is_null());
        let is_open = config.endpoint.is_unknown() || config.load_balancer.is_unknown();
        if config.subnet_ids.is_null() && !is_open && !(endpoint && balancer) {
            let needs = if endpoint { "load balancer" } else { "endpoint" };
            let detail =
                format!("The {needs} needs subnets. Name them here, or in `{}.subnet_ids`.", needs.replace(' ', "_"));
            self.error(&Path::attr("subnet_ids"), "Subnets are missing", detail);
        }
    }

    fn nothing_else(&mut self, path: &Path, given: &str, others: &[(&str, bool)]) {
        for (name, _) in others.iter().filter(|(_, is_null)| !is_null) {
            let detail = format!(
                "What exists already isn't changed from here. Drop `{name}`, or drop `{given}` to have one made."
            );
            self.error(&path.clone().attribute(*name), &format!("Not together with `{given}`"), detail);
        }
    }

    fn only_a_port(&mut self, backend: &Backend, path: &Path) {
        let others = [
            ("protocol", backend.protocol.is_null()),
            ("certificate_arn", backend.certificate_arn.is_null()),
            ("ssl_policy", backend.ssl_policy.is_null()),
            ("alpn_policy", backend.alpn_policy.is_null()),
            ("target_type", backend.target_type.is_null()),
            ("targets", backend.targets.is_null()),
            ("blue_green", backend.blue_green.is_null()),
            ("health_check", backend.health_check.is_null()),
            ("deregistration_delay", backend.deregistration_delay.is_null()),
            ("preserve_client_ip", backend.preserve_client_ip.is_null()),
            ("connection_termination", backend.connection_termination.is_null()),
        ];
        for (name, _) in others.iter().filter(|(_, is_null)| !is_null) {
            let detail = "With `load_balancer.listener_managed = false`, listeners and target groups are somebody else's, and a back end is only \
                          a port.";
            self.error(&path.clone().attribute(*name), "Not with a listener that exists", detail);
        }
    }
}
