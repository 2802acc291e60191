# The quickstart, in the AWS provider's words.

locals {
  bundle                   = "shop"
  children                 = privgw_internal_api.shop.children
  owner                    = privgw_internal_api.shop.owner
  execution_arn            = privgw_internal_api.shop.execution_arn
  own_tags                 = {}
  description              = null
  binary_media_types       = []
  minimum_compression_size = null
  callers                  = { groups = [var.frontend_security_group_id], blocks = [] }
  endpoint_subnets         = var.subnet_ids
  endpoint_policy          = null
  cross_zone               = true
  stage                    = { description = null, variables = null, tracing = false }
  settings                 = {}

  # Names follow from those of bundle and child, wherever it is made.
  names = {
    "security_group/endpoint"      = "shop-endpoint-8d9001c96611"
    "security_group/load_balancer" = "shop-load-balancer-8d90010d2157"
    "load_balancer"                = "shop-8d9001371d7d"
    "vpc_link"                     = "shop-8d90014d0999"
  }
  target_groups = {
    products = { port = 3001, name = "shop-products-8d9001ffa2ae" }
    users    = { port = 3002, name = "shop-users-8d9001cd72a6" }
    images   = { port = 3003, name = "shop-images-8d90016f0d23" }
  }

  # Resources and their parents, and the methods on some of them.
  resources = {
    "/products"       = "/"
    "/users"          = "/"
    "/users/{proxy+}" = "/users"
    "/images"         = "/"
  }
  methods = {
    "/products" = { verb = "GET", uri = "3001/products" }
    "/users/{proxy+}" = {
      verb     = "ANY"
      uri      = "3002/users/{proxy}"
      declared = { "method.request.path.proxy" = true }
      mapped   = { "integration.request.path.proxy" = "method.request.path.proxy" }
    }
    "/images" = { verb = "POST", uri = "3003/v2/images" }
  }
}
