//! The provider block: one struct is schema, codec and documentation; and what can be wrong with it.

use tfplugin::{Attr, Diagnostics, Model, Path};

use crate::aws::tags;
use crate::bundle::duration;
use crate::bundle::model::{MapOf, Strings};

/// Runs private APIs on AWS: each one resource, `privgw_internal_api`.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Config {
    /// The region. Also `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile.
    #[attr(optional)]
    pub region: Attr<String>,
    /// The profile of the shared files. Also `AWS_PROFILE`.
    #[attr(optional)]
    pub profile: Attr<String>,
    /// An access key. Also `AWS_ACCESS_KEY_ID`. Better not in the configuration.
    #[attr(optional)]
    pub access_key: Attr<String>,
    /// Its secret. Also `AWS_SECRET_ACCESS_KEY`. Better not in the configuration.
    #[attr(optional, sensitive)]
    pub secret_key: Attr<String>,
    /// A session token. Also `AWS_SESSION_TOKEN`.
    #[attr(optional, sensitive)]
    pub token: Attr<String>,
    /// Shared configuration files. Default `~/.aws/config`. Also `AWS_CONFIG_FILE`.
    #[attr(optional)]
    pub shared_config_files: Attr<Vec<Attr<String>>>,
    /// Shared credentials files. Default `~/.aws/credentials`. Also `AWS_SHARED_CREDENTIALS_FILE`.
    #[attr(optional)]
    pub shared_credentials_files: Attr<Vec<Attr<String>>>,
    /// A role to work as.
    #[attr(optional)]
    pub assume_role: Attr<AssumeRole>,
    /// Other endpoints than AWS's public ones. Also `AWS_ENDPOINT_URL` for all.
    #[attr(optional)]
    pub endpoints: Attr<EndpointUrls>,
    /// Tags of everything. A resource's own win over them.
    #[attr(optional)]
    pub default_tags: Attr<DefaultTags>,
    /// Accounts in which this configuration may work; in any other, nothing is done.
    #[attr(optional)]
    pub allowed_account_ids: Attr<Strings>,
    /// Accounts in which this configuration may not work.
    #[attr(optional)]
    pub forbidden_account_ids: Attr<Strings>,
    /// How often a call is repeated that AWS throttles or that gets no answer. Default 25. Also `AWS_MAX_ATTEMPTS`, one more.
    #[attr(optional)]
    pub max_retries: Attr<i64>,
    /// Whether to use FIPS endpoints. Also `AWS_USE_FIPS_ENDPOINT`.
    #[attr(optional)]
    pub use_fips_endpoint: Attr<bool>,
    /// Whether to use dual-stack endpoints. Also `AWS_USE_DUALSTACK_ENDPOINT`.
    #[attr(optional)]
    pub use_dualstack_endpoint: Attr<bool>,
    /// Whether to go on when the credentials can't be checked with STS. The account id is then unknown, and ARNs that hold it are
    /// incomplete.
    #[attr(optional)]
    pub skip_credentials_validation: Attr<bool>,
}

/// The role to work as.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct AssumeRole {
    /// The ARN of the role.
    #[attr(required)]
    pub role_arn: Attr<String>,
    /// The name of the session, which CloudTrail shows. Default `terraform-provider-privgw`.
    #[attr(optional)]
    pub session_name: Attr<String>,
    /// The external id that the role's trust policy may ask for.
    #[attr(optional)]
    pub external_id: Attr<String>,
    /// How long the session's credentials are valid, `15m` to `12h`.
    #[attr(optional)]
    pub duration: Attr<String>,
    /// A policy that narrows what the role may do, a JSON document.
    #[attr(optional)]
    pub policy: Attr<String>,
}

/// Endpoints by service.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct EndpointUrls {
    /// API Gateway. Also `AWS_ENDPOINT_URL_API_GATEWAY`.
    #[attr(optional)]
    pub apigateway: Attr<String>,
    /// EC2. Also `AWS_ENDPOINT_URL_EC2`.
    #[attr(optional)]
    pub ec2: Attr<String>,
    /// Elastic Load Balancing v2. Also `AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2`.
    #[attr(optional)]
    pub elasticloadbalancingv2: Attr<String>,
    /// STS. Also `AWS_ENDPOINT_URL_STS`.
    #[attr(optional)]
    pub sts: Attr<String>,
}

/// Tags of everything.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct DefaultTags {
    /// The tags.
    #[attr(optional)]
    pub tags: Attr<MapOf<String>>,
}

/// Mistakes that can be seen without AWS.
pub fn validate(config: &Config) -> Diagnostics {
    let mut found = Diagnostics::new();
    for (one, other, name) in
        [(&config.access_key, &config.secret_key, "secret_key"), (&config.secret_key, &config.access_key, "access_key")]
    {
        if !one.is_null() && other.is_null() {
            let detail = "`access_key` and `secret_key` only work together. Give both, or neither.";
            found.error(Path::attr(name), "Half of a pair of keys", detail);
        }
    }
    if config.max_retries.known().is_some_and(|retries| !(0..=100).contains(retries)) {
        found.error(Path::attr("max_retries"), "Out of range", "It must be 0 to 100.");
    }
    if !config.allowed_account_ids.is_null() && !config.forbidden_account_ids.is_null() {
        let detail = "`allowed_account_ids` and `forbidden_account_ids` exclude each other.";
        found.error(Path::attr("forbidden_account_ids"), "Two lists of accounts", detail);
    }
    if let Attr::Known(role) = &config.assume_role {
        let path = Path::attr("assume_role");
        if role.role_arn.known().is_some_and(|arn| !arn.starts_with("arn:") || !arn.contains(":role/")) {
            found.error(
                path.clone().attribute("role_arn"),
                "Not the ARN of a role",
                "It looks like `arn:aws:iam::123456789012:role/name`.",
            );
        }
        if role.duration.known().is_some_and(|text| duration::parse(text).is_none()) {
            found.error(path.attribute("duration"), "Not a duration", "It looks like `30m` or `1h`.");
        }
    }
    if let Attr::Known(urls) = &config.endpoints {
        let all = [
            ("apigateway", &urls.apigateway),
            ("ec2", &urls.ec2),
            ("elasticloadbalancingv2", &urls.elasticloadbalancingv2),
            ("sts", &urls.sts),
        ];
        for (name, url) in all {
            if url.known().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
                let path = Path::attr("endpoints").attribute(name);
                found.error(path, "Not a URL", "It must begin with `https://`, or `http://` for a test.");
            }
        }
    }
    if let Attr::Known(DefaultTags { tags: Attr::Known(tags) }) = &config.default_tags {
        for key in tags.keys().filter(|key| tags::is_reserved(key) || key.starts_with("privgw:")) {
            let path = Path::attr("default_tags").attribute("tags").key(key);
            found.error(path, "Invalid tag", "A key begins with neither `aws:` nor `privgw:`.");
        }
    }
    found
}

/// Whether anything in the block is known only later.
pub fn has_unknown(config: &Config) -> bool {
    config.encode_object().values().any(tfplugin::Value::has_unknown)
}
