# ["ANY /users/{proxy+}", "GET /products"]
output "routes" {
  value = provider::privgw::openapi_routes(jsonencode({
    openapi = "3.0.1"
    paths = {
      "/products"       = { get = {} }
      "/users/{proxy+}" = { x-amazon-apigateway-any-method = {} }
    }
  }))
}
