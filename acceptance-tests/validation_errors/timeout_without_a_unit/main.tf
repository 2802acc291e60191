resource "privgw_internal_api" "test" {
  name       = "wrong"
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids
  endpoint   = { allowed_security_group_ids = [var.security_group_id] }
  backends   = { products = { port = 3001 } }
  routes     = { "GET /products" = { backend = "products" } }
  stage      = { name = "v1" }
  timeouts   = { create = "30" }
}
