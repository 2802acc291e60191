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

variable "blue_green" {
  type    = bool
  default = true
}

variable "port" {
  type    = number
  default = 3001
}

resource "privgw_internal_api" "test" {
  name       = "pair"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends = {
    products = { port = var.port, listener_port = 3001, blue_green = var.blue_green }
  }
  routes = { "GET /products" = { backend = "products" } }
  stage  = { name = "v1" }
}

# What a deployment group of CodeDeploy takes.
output "target_group_pair_info" {
  value = {
    prod_traffic_route = { listener_arns = [privgw_internal_api.test.listener_arns["products"]] }
    target_group = [
      { name = privgw_internal_api.test.target_groups["products"].blue_name },
      { name = privgw_internal_api.test.target_groups["products"].green_name },
    ]
  }
}

output "api" {
  value = privgw_internal_api.test
}
