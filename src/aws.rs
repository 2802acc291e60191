//! AWS as the rest of the provider sees it: three services behind one door, one error type, one table of retries, one pace.

pub mod dice;
pub mod door;
pub mod error;
pub mod names;
pub mod pace;
pub mod policy;
pub mod retry;
pub mod service;
pub mod tags;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_apigateway::types::{Op, PatchOperation};

pub use dice::Dice;
pub use error::{AwsError, ErrorKind, Named, gone_is_fine, unless_gone};
pub use service::{Rules, Service};

use door::Label;
use retry::Attempts;

/// API Gateway's largest page.
pub const API_PAGE: i32 = 500;

/// A patch of API Gateway's that puts a value in the place of another.
pub fn api_replace(path: &str, value: &str) -> PatchOperation {
    PatchOperation::builder().op(Op::Replace).path(path).value(value).build()
}

/// Everything needed to talk to AWS, and what is true of the account and region.
#[derive(Clone, Debug)]
pub struct Aws {
    /// EC2: security groups, endpoints, network interfaces, subnets.
    pub ec2: Service<aws_sdk_ec2::Client>,
    /// Elastic Load Balancing v2.
    pub elb: Service<aws_sdk_elasticloadbalancingv2::Client>,
    /// API Gateway v1.
    pub api: Service<aws_sdk_apigateway::Client>,
    /// Where this is.
    pub place: Place,
    /// What is left to chance.
    pub dice: Dice,
}

/// The account, region and partition, and what the provider block says about tags.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// Twelve digits; empty when STS could not be asked and `skip_credentials_validation` allows that.
    pub account: String,
    /// For instance `eu-central-1`.
    pub region: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Tags of the provider block, merged under those of the resource.
    pub default_tags: BTreeMap<String, String>,
}

impl Place {
    /// The domain under which the partition's services live.
    pub fn dns_suffix(&self) -> &'static str {
        if self.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    /// The partition of a region.
    pub fn partition_of(region: &str) -> &'static str {
        match region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The ARN of an API Gateway control-plane object; its account part is empty.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html>
    pub fn api_arn(&self, path: &str) -> String {
        format!("arn:{}:apigateway:{}::{path}", self.partition, self.region)
    }

    /// The ARN under which an API's methods are authorised.
    pub fn execution_arn(&self, api_id: &str) -> String {
        format!("arn:{}:execute-api:{}:{}:{api_id}", self.partition, self.region, self.account)
    }
}

/// Endpoints given in the provider block, by service.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// `apigateway`.
    pub apigateway: Option<String>,
    /// `ec2`.
    pub ec2: Option<String>,
    /// `elasticloadbalancingv2`.
    pub elasticloadbalancingv2: Option<String>,
    /// `sts`.
    pub sts: Option<String>,
}

impl Aws {
    /// Clients for a place. `config` carries credentials, region, the number of attempts and the HTTP client.
    pub fn new(config: &SdkConfig, endpoints: &Endpoints, place: Place, dice: Dice) -> Arc<Self> {
        let most = config.retry_config().map_or(1, RetryConfig::max_attempts);
        let rules = Rules { pace: Arc::default(), attempts: Attempts { most, dice: dice.clone() } };
        // Repeating is decided in one place, which isn't the SDK.
        let mut ec2 = aws_sdk_ec2::config::Builder::from(config).interceptor(Label);
        ec2.set_retry_config(Some(RetryConfig::disabled()));
        if let Some(url) = &endpoints.ec2 {
            ec2 = ec2.endpoint_url(url);
        }
        let mut elb = aws_sdk_elasticloadbalancingv2::config::Builder::from(config).interceptor(Label);
        elb.set_retry_config(Some(RetryConfig::disabled()));
        if let Some(url) = &endpoints.elasticloadbalancingv2 {
            elb = elb.endpoint_url(url);
        }
        let mut api = aws_sdk_apigateway::config::Builder::from(config).interceptor(Label);
        api.set_retry_config(Some(RetryConfig::disabled()));
        if let Some(url) = &endpoints.apigateway {
            api = api.endpoint_url(url);
        }
        Arc::new(Self {
            ec2: Service::new(aws_sdk_ec2::Client::from_conf(ec2.build()), pace::Service::Ec2, &rules),
            elb: Service::new(
                aws_sdk_elasticloadbalancingv2::Client::from_conf(elb.build()),
                pace::Service::Elb,
                &rules,
            ),
            api: Service::new(aws_sdk_apigateway::Client::from_conf(api.build()), pace::Service::ApiGateway, &rules),
            place,
            dice,
        })
    }
}
