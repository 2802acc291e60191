//! What is changed under the prober's eyes.

use privgw::bundle::model::{InternalApi, LoadBalancer};
use tfplugin::Attr;

use crate::life::CASES;
use crate::world::{ACCOUNT, REGION, World, inside, route, strings, text};

/// What a change makes of a configuration.
pub type Change = fn(&World, &mut InternalApi);

/// Every change that is known, and every replacement.
pub fn all() -> Vec<(&'static str, Change)> {
    let known = CASES.iter().filter(|case| case.name != FOR_SIGNED);
    known.map(|case| (case.name, case.change)).chain(REPLACEMENTS.iter().copied()).collect()
}

/// The prober doesn't sign its calls, and this is meant to shut such out.
const FOR_SIGNED: &str = "named callers";

/// In the midst of these, a process dies.
pub const MORTAL: [&str; 7] = [
    "a load balancer that exists",
    "another stage",
    "a load balancer in fewer zones",
    "a target group on another port behind the same listener",
    "a back end on another port",
    "a listener on another port",
    "all targets",
];

/// The name of a load balancer that isn't the bundle's.
pub const ESTATE: &str = "estate";

/// The shop, so that it really serves.
pub fn shop(world: &World) -> InternalApi {
    let mut config = world.shop();
    fill(&mut config);
    config
}

/// Gives each back end without targets one in each of two zones. Those that it has by now stay.
pub fn fill(config: &mut InternalApi) {
    for backend in inside(&mut config.backends).values_mut().map(inside).filter(|backend| backend.targets.is_null()) {
        backend.targets = strings(&["172.31.0.9".into(), "172.31.16.9".into()]);
    }
}

const REPLACEMENTS: &[(&str, Change)] = &[
    ("a load balancer in fewer zones", fewer_zones),
    ("a load balancer without a security group", |_, c| {
        c.load_balancer =
            Attr::Known(LoadBalancer { managed_security_group: Attr::Known(false), ..LoadBalancer::default() });
    }),
    ("a load balancer that exists", |w, c| {
        let balancers = w.sim.objects()[ACCOUNT][REGION]["load-balancer"].clone();
        let arn =
            balancers.as_object().and_then(|all| all.keys().find(|arn| arn.contains(ESTATE))).expect("it is there");
        c.load_balancer = Attr::Known(LoadBalancer { arn: text(arn), ..LoadBalancer::default() });
    }),
    ("a target group on another port behind the same listener", |_, c| {
        port(c, 4000);
        users(c).listener_port = Attr::Known(3002);
    }),
    ("a back end on another port", |_, c| port(c, 4000)),
    ("a listener on another port", |_, c| users(c).listener_port = Attr::Known(3009)),
    ("all targets", targets),
    ("all targets, on another port", |w, c| {
        targets(w, c);
        port(c, 4000);
    }),
    ("all targets, behind a load balancer in fewer zones", |w, c| {
        targets(w, c);
        fewer_zones(w, c);
    }),
    ("callers by address instead of by group", |_, c| {
        let endpoint = inside(&mut c.endpoint);
        endpoint.allowed_security_group_ids = Attr::Null;
        endpoint.allowed_cidr_blocks = strings(&["172.31.0.0/16".into()]);
    }),
    ("a security group of one's own for the endpoint", |w, c| {
        let endpoint = inside(&mut c.endpoint);
        endpoint.allowed_security_group_ids = Attr::Null;
        endpoint.security_group_ids = strings(std::slice::from_ref(&w.fresh.security_group_id));
    }),
    ("a security group of one's own for the load balancer", |w, c| {
        let security_group_ids = strings(std::slice::from_ref(&w.fresh.security_group_id));
        c.load_balancer = Attr::Known(LoadBalancer { security_group_ids, ..LoadBalancer::default() });
    }),
    ("a stage with new routes", |w, c| {
        inside(&mut c.stage).name = text("v2");
        inside(&mut c.routes).insert("GET /new".into(), Attr::Known(route("users")));
        case("stage settings")(w, c);
    }),
    ("nearly everything at once", |w, c| {
        for name in ["tags", "another health check", "targets", "endpoint policy", "API settings", "stage settings"] {
            case(name)(w, c);
        }
        case("a new back end with its route")(w, c);
        port(c, 4000);
        fewer_zones(w, c);
    }),
];

fn users(config: &mut InternalApi) -> &mut privgw::bundle::model::Backend {
    inside(inside(&mut config.backends).get_mut("users").expect("it is there"))
}

fn port(config: &mut InternalApi, port: i64) {
    users(config).port = Attr::Known(port);
}

fn targets(_: &World, config: &mut InternalApi) {
    users(config).targets = strings(&["172.31.0.50".into(), "172.31.16.50".into()]);
}

fn fewer_zones(world: &World, config: &mut InternalApi) {
    let subnet_ids = strings(&world.fresh.subnet_ids[..2]);
    config.load_balancer = Attr::Known(LoadBalancer { subnet_ids, ..LoadBalancer::default() });
}

fn case(name: &str) -> Change {
    CASES.iter().find(|case| case.name == name).expect("there is such a change").change
}
