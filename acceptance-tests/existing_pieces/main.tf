terraform {
  required_providers {
    privgw = { source = "privgw/privgw" }
  }
}

provider "privgw" {}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "security_group_id" {
  type = string
}

variable "endpoint" {
  description = "Whether the guest uses the host's endpoint."
  type        = bool
  default     = true
}

variable "load_balancer" {
  description = "Whether the guest uses the host's load balancer and link."
  type        = bool
  default     = true
}

variable "listeners" {
  description = "Whether the guest has listeners of its own there."
  type        = bool
  default     = true
}

variable "more" {
  description = "More of the guest's endpoint."
  type        = any
  default     = {}
}

# The host: what it has is there already when the guest is made.
resource "privgw_internal_api" "host" {
  name       = "host"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

resource "privgw_internal_api" "guest" {
  name       = "guest"
  vpc_id     = var.vpc_id
  subnet_ids = var.endpoint && var.load_balancer ? null : var.subnet_ids
  endpoint = merge({
    id                         = var.endpoint ? privgw_internal_api.host.vpc_endpoint_id : null
    private_dns_enabled        = var.endpoint ? null : false
    allowed_security_group_ids = var.endpoint ? null : [var.security_group_id]
  }, var.more)
  load_balancer = {
    arn              = var.load_balancer ? privgw_internal_api.host.nlb_arn : null
    listener_managed = var.listeners ? null : false
  }
  vpc_link = {
    id = var.load_balancer ? privgw_internal_api.host.vpc_link_id : null
  }
  backends = {
    orders = var.listeners ? { port = 4001, targets = ["172.31.0.11"] } : { port = 3001, targets = null }
  }
  routes = { "GET /orders" = { backend = "orders" } }
  stage  = { name = "v1" }
}

output "host" {
  value = privgw_internal_api.host
}

output "guest" {
  value = privgw_internal_api.guest
}

output "made" {
  value = join(" ", sort(keys(privgw_internal_api.guest.children)))
}
