//! The provider block: from what users write, and the environment they run in, to AWS clients.
//!
//! Names and environment variables are those of the AWS provider. What isn't in the block is found the way AWS's tools find it:
//! environment, shared files, container and instance credentials. <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind as FileKind, EnvConfigFiles};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tfplugin::provider::Configured;
use tfplugin::{Attr, Call, Diagnostic, Diagnostics, Model, Path, Provider, ResourceEntry, Set};

use crate::aws::door::{Door, Label};
use crate::aws::{Aws, AwsError, Endpoints, Named, Place, tags};
use crate::bundle::Bundle;
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

/// The provider.
#[derive(Debug, Default)]
pub struct Privgw;

impl Provider for Privgw {
    type Config = Config;
    type Meta = Aws;

    fn name(&self) -> &'static str {
        "privgw"
    }

    fn address(&self) -> &'static str {
        "registry.terraform.io/privgw/privgw"
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn description(&self) -> &'static str {
        Config::description()
    }

    fn validate(&self, config: &Config) -> Diagnostics {
        validate(config)
    }

    async fn configure(&self, _call: &Call, _terraform_version: &str, config: Config) -> Configured<Aws> {
        if has_unknown(&config) {
            return Ok((None, Diagnostics::new()));
        }
        let found = validate(&config);
        if found.has_errors() {
            return Err(found);
        }
        let aws = connect(&config, https()).await?;
        Ok((Some(aws), found))
    }

    fn resources(&self) -> Vec<ResourceEntry<Aws>> {
        vec![ResourceEntry::new(Bundle)]
    }
}

/// The longest wait for a connection and for an answer. API Gateway and EC2 answer in seconds, if at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The same as the AWS provider's: control-plane buckets refill slowly.
const DEFAULT_RETRIES: i64 = 25;

/// Clients as a configuration asks for them, on top of an HTTP client. The caller's identity is looked up with STS.
pub async fn connect(config: &Config, http: SharedHttpClient) -> Result<Arc<Aws>, Diagnostics> {
    let sdk = sdk_config(config, http).await?;
    let Some(region) = sdk.region().map(ToString::to_string) else {
        let detail = "Set `region`, or AWS_REGION, or a region in the profile.";
        return Err(Diagnostic::error("No region", detail).at(Path::attr("region")).into());
    };
    let endpoints = endpoints(config);
    let mut place = Place {
        partition: Place::partition_of(&region).to_string(),
        region,
        default_tags: default_tags(config),
        account: String::new(),
    };
    match identity(&sdk, &endpoints).await {
        Ok((account, arn)) => {
            place.partition =
                arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or(&place.partition).to_string();
            place.account = account;
        }
        Err(_) if config.skip_credentials_validation == Attr::Known(true) => {}
        Err(error) => return Err(refused(config, &error)),
    }
    check_account(config, &place.account)?;
    Ok(Aws::new(&sdk, &endpoints, place))
}

fn https() -> SharedHttpClient {
    use aws_smithy_http_client::{Builder, tls::Provider::Rustls, tls::rustls_provider::CryptoMode::AwsLc};
    Builder::new().tls_provider(Rustls(AwsLc)).build_https()
}

async fn sdk_config(config: &Config, http: SharedHttpClient) -> Result<SdkConfig, Diagnostics> {
    let retries = u32::try_from(config.max_retries.known_or(DEFAULT_RETRIES)).unwrap_or_default();
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ANSWER_TIMEOUT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(Door::before(http))
        .timeout_config(timeouts)
        .app_name(app_name()?);
    if config.max_retries.is_known() || std::env::var_os("AWS_MAX_ATTEMPTS").is_none() {
        loader = loader.retry_config(RetryConfig::standard().with_max_attempts(retries + 1));
    }
    if let Attr::Known(region) = &config.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Attr::Known(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(files) = profile_files(config) {
        loader = loader.profile_files(files);
    }
    if let (Attr::Known(key), Attr::Known(secret)) = (&config.access_key, &config.secret_key) {
        let token = config.token.known().cloned();
        loader = loader.credentials_provider(Credentials::new(key, secret, token, None, "provider block"));
    } else if config.profile.is_known() {
        // A profile in the block is meant, even where the environment has keys of its own.
        loader = loader.credentials_provider(profile_credentials(config));
    }
    if let Attr::Known(fips) = config.use_fips_endpoint {
        loader = loader.use_fips(fips);
    }
    if let Attr::Known(dualstack) = config.use_dualstack_endpoint {
        loader = loader.use_dual_stack(dualstack);
    }
    let sdk = loader.load().await;
    match &config.assume_role {
        Attr::Known(role) => assume(&sdk, config, role).await,
        _ => Ok(sdk),
    }
}

fn app_name() -> Result<aws_config::AppName, Diagnostics> {
    aws_config::AppName::new(concat!("terraform-provider-privgw-", env!("CARGO_PKG_VERSION")))
        .map_err(|error| Diagnostic::error("Bug in the provider", error.to_string()).into())
}

fn profile_files(config: &Config) -> Option<EnvConfigFiles> {
    if !config.shared_config_files.is_known() && !config.shared_credentials_files.is_known() {
        return None;
    }
    let mut files = EnvConfigFiles::builder();
    for path in config.shared_config_files.known().into_iter().flatten().filter_map(Attr::known) {
        files = files.with_file(FileKind::Config, path);
    }
    for path in config.shared_credentials_files.known().into_iter().flatten().filter_map(Attr::known) {
        files = files.with_file(FileKind::Credentials, path);
    }
    // A kind of file that isn't given is looked for where it usually is.
    files = files.include_default_config_file(!config.shared_config_files.is_known());
    files = files.include_default_credentials_file(!config.shared_credentials_files.is_known());
    Some(files.build())
}

fn profile_credentials(config: &Config) -> aws_config::profile::ProfileFileCredentialsProvider {
    let mut provider = aws_config::profile::ProfileFileCredentialsProvider::builder();
    if let Attr::Known(profile) = &config.profile {
        provider = provider.profile_name(profile);
    }
    if let Some(files) = profile_files(config) {
        provider = provider.profile_files(files);
    }
    provider.build()
}

/// The same configuration with the role's credentials in place of the caller's.
async fn assume(sdk: &SdkConfig, config: &Config, role: &AssumeRole) -> Result<SdkConfig, Diagnostics> {
    let session = role.session_name.known_or("terraform-provider-privgw".into());
    let mut base = sdk.clone().into_builder();
    if let Some(url) = endpoints(config).sts {
        base.set_endpoint_url(Some(url));
    }
    let base = base.build();
    let mut provider =
        AssumeRoleProvider::builder(role.role_arn.known_or(String::new())).session_name(session).configure(&base);
    if let Some(id) = role.external_id.known() {
        provider = provider.external_id(id);
    }
    if let Some(policy) = role.policy.known() {
        provider = provider.policy(policy);
    }
    if let Some(length) = role.duration.known().and_then(|text| duration::parse(text)) {
        provider = provider.session_length(length);
    }
    let credentials = match sdk.credentials_provider() {
        Some(credentials) => provider.build_from_provider(credentials).await,
        None => provider.build_from_provider(EnvironmentVariableCredentialsProvider::new()).await,
    };
    Ok(sdk.clone().into_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build())
}

async fn identity(sdk: &SdkConfig, endpoints: &Endpoints) -> Result<(String, String), AwsError> {
    let mut sts = aws_sdk_sts::config::Builder::from(sdk).interceptor(Label);
    if let Some(url) = &endpoints.sts {
        sts = sts.endpoint_url(url);
    }
    let answer =
        aws_sdk_sts::Client::from_conf(sts.build()).get_caller_identity().send().await.named("GetCallerIdentity")?;
    Ok((answer.account().unwrap_or_default().to_string(), answer.arn().unwrap_or_default().to_string()))
}

/// Only what the block names: the SDK itself reads the environment and the profile.
fn endpoints(config: &Config) -> Endpoints {
    let given = config.endpoints.known().cloned().unwrap_or_default();
    Endpoints {
        apigateway: given.apigateway.into_known(),
        ec2: given.ec2.into_known(),
        elasticloadbalancingv2: given.elasticloadbalancingv2.into_known(),
        sts: given.sts.into_known(),
    }
}

fn default_tags(config: &Config) -> tags::Tags {
    let tags = config.default_tags.known().and_then(|tags| tags.tags.known());
    tags.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.known()?.clone()))).collect()
}

fn validate(config: &Config) -> Diagnostics {
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

/// The account must be one of those allowed.
fn check_account(config: &Config, account: &str) -> Result<(), Diagnostics> {
    let holds = |set: &Attr<Strings>| {
        set.known()
            .is_some_and(|set: &Set<Attr<String>>| set.iter().any(|id| id.known().is_some_and(|id| id == account)))
    };
    let not_allowed = config.allowed_account_ids.is_known() && !holds(&config.allowed_account_ids);
    let forbidden = holds(&config.forbidden_account_ids);
    let name = if not_allowed { "allowed_account_ids" } else { "forbidden_account_ids" };
    if not_allowed || forbidden {
        let detail =
            format!("The credentials belong to the account {account:?}, which `{name}` rules out. Nothing was done.");
        return Err(Diagnostic::error("The wrong account", detail).at(Path::attr(name)).into());
    }
    Ok(())
}

/// The credentials don't work: on the attribute they come from.
fn refused(config: &Config, error: &AwsError) -> Diagnostics {
    let path = if config.assume_role.is_known() {
        Some(Path::attr("assume_role"))
    } else if config.access_key.is_known() {
        Some(Path::attr("access_key"))
    } else if config.profile.is_known() {
        Some(Path::attr("profile"))
    } else {
        None
    };
    let detail = format!(
        "{}.\n\nGive the provider credentials in one of the ways AWS's tools know: keys, a profile, AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY, or a role of the machine. `skip_credentials_validation = true` leaves this check out.",
        error.to_string().trim_end_matches('.')
    );
    let diagnostic = Diagnostic::error("No valid AWS credentials", detail);
    path.map_or_else(|| diagnostic.clone(), |path| diagnostic.clone().at(path)).into()
}

fn has_unknown(config: &Config) -> bool {
    fn any(value: &tfplugin::Value) -> bool {
        use tfplugin::Value;
        match value {
            Value::Unknown => true,
            Value::List(items) | Value::Set(items) | Value::Tuple(items) => items.iter().any(any),
            Value::Map(members) | Value::Object(members) => members.values().any(any),
            Value::Dynamic(_, inner) => any(inner),
            _ => false,
        }
    }
    config.encode_object().values().any(any)
}
