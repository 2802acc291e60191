# A shop of three services behind one private API. `make demo` runs this against a simulated AWS.

terraform {
  required_providers {
    privgw = {
      source  = "privgw/privgw"
      version = "~> 0.1"
    }
  }
}

provider "privgw" {}

resource "privgw_internal_api" "shop" {
  name       = "shop"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids

  endpoint = {
    allowed_security_group_ids = [var.frontend_security_group_id]
  }

  backends = {
    products = { port = 3001, targets = lookup(var.targets, "products", null) }
    users    = { port = 3002, targets = lookup(var.targets, "users", null) }
    images   = { port = 3003, targets = lookup(var.targets, "images", null) }
  }

  routes = {
    "GET /products"       = { backend = "products" }
    "ANY /users/{proxy+}" = { backend = "users" }
    "POST /images"        = { backend = "images", path = "/v2/images" }
  }

  stage = { name = "v1" }
}
