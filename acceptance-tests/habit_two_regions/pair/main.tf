terraform {
  required_providers {
    privgw = {
      source                = "privgw/privgw"
      configuration_aliases = [privgw.here, privgw.there]
    }
  }
}

variable "here" {
  type = object({
    vpc_id            = string
    subnet_ids        = list(string)
    security_group_id = string
  })
}

variable "there" {
  type = object({
    vpc_id            = string
    subnet_ids        = list(string)
    security_group_id = string
  })
}

# A name is the bundle's own in its region only.
resource "privgw_internal_api" "here" {
  provider = privgw.here

  name       = "twin"
  vpc_id     = var.here.vpc_id
  subnet_ids = var.here.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.here.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

output "here" {
  value = privgw_internal_api.here
}

resource "privgw_internal_api" "there" {
  provider = privgw.there

  name       = "twin"
  vpc_id     = var.there.vpc_id
  subnet_ids = var.there.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.there.security_group_id] }
  backends   = { products = { port = 3001, targets = ["172.31.0.10"] } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
}

output "there" {
  value = privgw_internal_api.there
}
