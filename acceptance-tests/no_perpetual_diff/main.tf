terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {
  default_tags = { tags = { team = "platform" } }
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "security_group_id" {
  type = string
}

variable "other_vpc_endpoint_id" {
  type = string
}

# Every argument, so that every default and every normal form of AWS has its chance to differ from what is written here.
resource "privgw_internal_api" "test" {
  name        = "everything"
  description = "Everything at once"
  vpc_id      = var.vpc_id
  subnet_ids  = var.subnet_ids

  endpoint = {
    subnet_ids                 = [var.subnet_ids[1], var.subnet_ids[0]]
    private_dns_enabled        = true
    allowed_security_group_ids = [var.security_group_id]
    allowed_cidr_blocks        = ["10.1.2.3/8", "2001:DB8::/32"]
    allowed_prefix_list_ids    = ["pl-6da54004"]
    additional_ids             = [var.other_vpc_endpoint_id]
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = {
        Effect    = "Allow"
        Principal = "*"
        Action    = ["execute-api:Invoke"]
        Resource  = "arn:aws:execute-api:*:*:*"
      }
    })
  }

  load_balancer = {
    subnet_ids             = var.subnet_ids
    cross_zone_enabled     = true
    deletion_protection    = false
    managed_security_group = true
  }

  backends = {
    products = {
      port                   = 3001
      listener_port          = 8080
      target_type            = "ip"
      targets                = ["172.31.0.10", "172.31.16.10:4000"]
      deregistration_delay   = 20
      preserve_client_ip     = true
      connection_termination = true
      url_scheme             = "https"
      tls_skip_verification  = true
      health_check = {
        protocol            = "HTTPS"
        port                = "traffic-port"
        path                = "/health"
        matcher             = "200-299"
        interval            = 15
        timeout             = 5
        healthy_threshold   = 2
        unhealthy_threshold = 3
      }
    }
    users = { port = 3002, target_type = "instance" }
    empty = { port = 3003, targets = [] }
  }

  routes = {
    "GET /products/{id}" = {
      backend          = "products"
      path             = "/v2/products/{id}"
      method           = "POST"
      type             = "HTTP"
      timeout_ms       = 5000
      authorization    = "AWS_IAM"
      api_key_required = true
      request_parameters = {
        "integration.request.header.x-request" = "context.requestId"
        "integration.request.header.x-static"  = "'yes'"
      }
    }
    "ANY /users/{proxy+}" = { backend = "users" }
    "GET /"               = { backend = "empty" }
    "GET /health"         = { backend = "products" }
  }

  stage = {
    name             = "v1"
    description      = "The first"
    variables        = { colour = "blue" }
    tracing_enabled  = true
    keep_deployments = 2
    method_settings = {
      "*/*" = {
        metrics_enabled        = true
        logging_level          = "ERROR"
        data_trace_enabled     = false
        throttling_rate_limit  = 10.5
        throttling_burst_limit = 20
        caching_enabled        = false
        cache_ttl_in_seconds   = 60
        cache_data_encrypted   = true
      }
      "GET /products/{id}"  = { throttling_rate_limit = 0, throttling_burst_limit = 0 }
      "ANY /users/{proxy+}" = { metrics_enabled = false }
    }
  }

  api = {
    minimum_compression_size     = 1024
    binary_media_types           = ["image/png", "*/*"]
    api_key_source               = "HEADER"
    disable_execute_api_endpoint = false
  }

  tags     = { owner = "shop", team = "shop" }
  timeouts = { create = "1h", read = "5m", update = "1h30m", delete = "45m" }
}

output "invoke_url" {
  value = privgw_internal_api.test.invoke_url
}
