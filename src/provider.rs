//! The provider block: from what users write, and the environment they run in, to AWS clients.
//!
//! Names and environment variables are those of the AWS provider. What isn't in the block is found the way AWS's tools find it:
//! environment, shared files, container and instance credentials. <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>

mod config;

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind as FileKind, EnvConfigFiles};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tfplugin::provider::Configured;
use tfplugin::{
    Attr, Call, DataSourceEntry, Diagnostic, Diagnostics, Function, Model, Path, Provider, ResourceEntry, Set,
};

use crate::aws::door::{Door, Label};
use crate::aws::{Aws, AwsError, Dice, Endpoints, Named, Place, tags};
use crate::bundle::data::BundleData;
use crate::bundle::model::Strings;
use crate::bundle::{Bundle, duration};
use crate::functions;

pub use self::config::{AssumeRole, Config, DefaultTags, EndpointUrls};
use self::config::{has_unknown, validate};

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
        let aws = connect(&config, https(), Dice::default()).await?;
        Ok((Some(aws), found))
    }

    fn resources(&self) -> Vec<ResourceEntry<Aws>> {
        vec![ResourceEntry::new(Bundle)]
    }

    fn data_sources(&self) -> Vec<DataSourceEntry<Aws>> {
        vec![DataSourceEntry::new(BundleData)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        functions::all()
    }
}

/// The longest wait for a connection and for an answer. API Gateway and EC2 answer in seconds, if at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The same as the AWS provider's: control-plane buckets refill slowly.
const DEFAULT_RETRIES: i64 = 25;

/// Clients as a configuration asks for them, on top of an HTTP client. The caller's identity is looked up with STS.
pub async fn connect(config: &Config, http: SharedHttpClient, dice: Dice) -> Result<Arc<Aws>, Diagnostics> {
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
    Ok(Aws::new(&sdk, &endpoints, place, dice))
}

fn https() -> SharedHttpClient {
    use aws_smithy_http_client::{Builder, tls::Provider::Rustls, tls::rustls_provider::CryptoMode::AwsLc};
    Builder::new().tls_provider(Rustls(AwsLc)).build_https()
}

async fn sdk_config(config: &Config, http: SharedHttpClient) -> Result<SdkConfig, Diagnostics> {
    let retries = u32::try_from(config.max_retries.known_or(DEFAULT_RETRIES)).unwrap_or_default();
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(ANSWER_TIMEOUT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(Door::before(http))
        .timeout_config(timeouts)
        // A request that waits for its turn before AWS's quotas looks stalled to the SDK; the read timeout is protection enough.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
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
