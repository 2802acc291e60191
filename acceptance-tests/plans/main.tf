terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {
  default_tags = local.is.default_tags
}

# The bundle stands above what changes, for warnings name its line.
resource "privgw_internal_api" "test" {
  name          = local.is.name
  description   = local.is.description
  vpc_id        = local.is.vpc_id
  subnet_ids    = local.is.subnet_ids
  endpoint      = local.is.endpoint
  load_balancer = local.is.load_balancer
  backends      = local.is.backends
  routes        = local.is.routes
  api           = local.is.api
  stage         = local.is.stage
  tags          = local.is.tags
  timeouts      = local.is.timeouts
}

# What others make of outputs: each of these must stay out of plans that leave the interfaces and target groups alone.
resource "terraform_data" "interface" {
  for_each = privgw_internal_api.test.nlb_network_interfaces
  input    = each.value.id
}

resource "terraform_data" "target_group" {
  for_each = privgw_internal_api.test.target_groups
  input    = each.value.arn
}

# Its output is unknown in the plans whose names say so, and 0 in all others.
resource "terraform_data" "late" {
  input = startswith(var.step, "unknown_") ? 1 : 0
}

output "api" {
  value = { for name in ["id", "invoke_url", "nlb_arn", "security_group_id", "vpc_endpoint_id"] : name => privgw_internal_api.test[name] }
}

output "target_groups" {
  value = privgw_internal_api.test.target_groups
}

output "listener_arns" {
  value = privgw_internal_api.test.listener_arns
}

locals {
  # AWS numbers subnets at random, and plans list them in that order; here, the first is the first there, too.
  subnets = sort(var.subnet_ids)
  is      = merge(local.start, local.changes[var.step])

  start = {
    name          = "plans"
    description   = "Shop"
    vpc_id        = var.vpc_id
    subnet_ids    = slice(local.subnets, 0, 2)
    endpoint      = local.endpoint
    load_balancer = null
    backends      = local.backends
    routes        = local.routes
    api           = null
    stage         = local.stage
    tags          = { team = "shop", tier = "gold" }
    default_tags  = null
    timeouts      = null
  }

  endpoint = { allowed_security_group_ids = [var.security_group_id], allowed_cidr_blocks = ["10.0.0.0/8"], policy = local.policy }
  policy   = jsonencode({ Version = "2012-10-17", Statement = [local.allow] })
  allow    = { Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "*" }
  products = { port = 3001, targets = ["172.31.0.10", "172.31.0.11"] }
  backends = { products = local.products, users = { port = 3002 } }
  routes   = { "GET /products" = { backend = "products" }, "GET /users/{id}" = { backend = "users" } }
  stage    = { name = "v1", variables = { colour = "blue" } }

  # What each change puts in the place of what `start` has.
  changes = {
    start = {}

    description = { description = "The shop" }
    name        = { name = "market" }
    timeouts    = { timeouts = { update = "30m" } }
    vpc = {
      vpc_id     = var.other_vpc_id
      subnet_ids = [var.foreign_subnet_id]
      endpoint   = { allowed_cidr_blocks = ["10.9.0.0/16"] }
    }

    default_tags = { default_tags = { tags = { owner = "platform", tier = "any" } } }

    tag_added   = { tags = { team = "shop", tier = "gold", zone = "eu" } }
    tag_changed = { tags = { team = "shop", tier = "silver" } }
    tag_removed = { tags = { team = "shop" } }

    route_added   = { routes = merge(local.routes, { "ANY /files/{proxy+}" = { backend = "products" } }) }
    route_timeout = { routes = merge(local.routes, { "GET /users/{id}" = { backend = "users", timeout_ms = 5000 } }) }
    route_moved   = { routes = merge(local.routes, { "GET /users/{id}" = { backend = "products", path = "/people/{id}" } }) }
    route_removed = { routes = { "GET /products" = { backend = "products" } } }

    backend_added   = { backends = merge(local.backends, { images = { port = 3003 } }) }
    backend_removed = { backends = { products = local.products }, routes = { "GET /products" = { backend = "products" } } }
    backend_port    = { backends = merge(local.backends, { users = { port = 4002 } }) }
    health_check = {
      backends = merge(local.backends, { users = { port = 3002, health_check = { protocol = "HTTP", path = "/health" } } })
    }
    listener_port = { backends = merge(local.backends, { users = { port = 3002, listener_port = 8080 } }) }
    target_added = {
      backends = merge(local.backends, { products = { port = 3001, targets = ["172.31.0.10", "172.31.0.11", "172.31.0.12"] } })
    }
    target_exchanged = {
      backends = merge(local.backends, { products = { port = 3001, targets = ["172.31.0.10", "172.31.0.12"] } })
    }
    target_removed = { backends = merge(local.backends, { products = { port = 3001, targets = ["172.31.0.10"] } }) }

    callers = { endpoint = merge(local.endpoint, { allowed_cidr_blocks = ["10.0.0.0/8", "172.31.0.0/16"] }) }
    callers_group = {
      endpoint = merge(local.endpoint, { allowed_security_group_ids = [var.security_group_id, var.other_security_group_id] })
    }
    endpoint_dns     = { endpoint = merge(local.endpoint, { private_dns_enabled = false }) }
    endpoint_group   = { endpoint = { security_group_ids = [var.other_security_group_id], policy = local.policy } }
    endpoint_policy  = { endpoint = merge(local.endpoint, { policy = replace(local.policy, ":Invoke", ":*") }) }
    endpoint_subnets = { endpoint = merge(local.endpoint, { subnet_ids = [local.subnets[0]] }) }
    # The same policy in another order and with other spaces, and said in other words.
    endpoint_policy_text = {
      endpoint = merge(local.endpoint, {
        policy = <<-EOT
          {
            "Statement": [{ "Resource": "*", "Principal": "*", "Action": "execute-api:Invoke", "Effect": "Allow" }],
            "Version": "2012-10-17"
          }
        EOT
      })
    }
    endpoint_policy_words = {
      endpoint = merge(local.endpoint, {
        policy = jsonencode({ Version = "2012-10-17", Statement = merge(local.allow, { Action = ["execute-api:Invoke"] }) })
      })
    }

    load_balancer_attribute = { load_balancer = { cross_zone_enabled = false } }
    load_balancer_group     = { load_balancer = { managed_security_group = false } }
    load_balancer_subnets   = { load_balancer = { subnet_ids = [local.subnets[0]] } }
    subnet_added            = { subnet_ids = local.subnets }
    subnet_removed          = { subnet_ids = [local.subnets[0]] }

    api_binary_types = { api = { binary_media_types = ["image/png"] } }
    api_compression  = { api = { minimum_compression_size = 1024 } }

    stage_history   = { stage = merge(local.stage, { keep_deployments = 3 }) }
    stage_renamed   = { stage = { name = "v2", variables = { colour = "blue" } } }
    stage_settings  = { stage = merge(local.stage, { method_settings = { "*/*" = { throttling_rate_limit = 100 } } }) }
    stage_variables = { stage = { name = "v1", variables = { colour = "red", shape = "round" } } }

    secret_tag      = { tags = merge({ team = "shop", tier = "gold" }, { secret = var.secret }) }
    secret_variable = { stage = { name = "v1", variables = { colour = var.secret } } }

    unknown_description = { description = "Shop ${terraform_data.late.output}" }
    unknown_port        = { backends = merge(local.backends, { users = { port = 3002 + terraform_data.late.output } }) }
    unknown_tag         = { tags = { team = "shop", tier = "gold-${terraform_data.late.output}" } }
    unknown_target = {
      backends = merge(local.backends, {
        products = { port = 3001, targets = ["172.31.0.10", "172.31.0.1${terraform_data.late.output}"] }
      })
    }
    unknown_variable = { stage = { name = "v1", variables = { colour = "blue-${terraform_data.late.output}" } } }

    several = {
      description = "The shop"
      backends    = { products = { port = 4001, targets = ["172.31.0.10"] }, users = { port = 3002 }, images = { port = 3003 } }
      routes      = { "GET /products" = { backend = "products" }, "GET /images" = { backend = "images" } }
      stage       = { name = "v2", variables = { colour = "red" } }
      tags        = { team = "shop", tier = "silver" }
    }
  }
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

variable "other_security_group_id" {
  type = string
}

variable "other_vpc_id" {
  type = string
}

variable "foreign_subnet_id" {
  type = string
}

variable "step" {
  description = "Which of the changes above to make."
  type        = string
}

variable "secret" {
  type      = string
  default   = "tell-nobody"
  sensitive = true
}
