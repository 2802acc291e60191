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

resource "privgw_internal_api" "test" {
  name       = "basic"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends = {
    products = { port = 3001, targets = ["172.31.0.10"] }
    users    = { port = 3002 }
  }
  routes = {
    "GET /products"       = { backend = "products" }
    "ANY /users/{proxy+}" = { backend = "users" }
  }
  stage = { name = "v1" }
}

# Keys that are known at plan carry for_each through the first apply.
resource "terraform_data" "node" {
  for_each = privgw_internal_api.test.nlb_network_interfaces
  input    = each.value.private_ip
}

output "api" {
  value = privgw_internal_api.test
}
