resource "privgw_internal_api" "shop" {
  name       = "shop"
  vpc_id     = var.vpc_id
  subnet_ids = var.private_subnet_ids

  endpoint = {
    allowed_security_group_ids = [aws_security_group.frontend.id]
  }

  backends = {
    products = { port = 3001 }
    users    = { port = 3002 }
    images = {
      port = 3003
      health_check = {
        protocol = "HTTP"
        path     = "/health"
      }
    }
  }

  routes = {
    "GET /products"       = { backend = "products" }
    "ANY /users/{proxy+}" = { backend = "users" }
    "POST /images"        = { backend = "images", path = "/v2/images" }
  }

  stage = {
    name = "v1"
    method_settings = {
      "*/*" = { throttling_rate_limit = 100, throttling_burst_limit = 50 }
    }
  }
}

# What the front end calls; the stage is in it.
output "api_url" {
  value = privgw_internal_api.shop.invoke_url
}

# The tasks of a service register with its target group, and admit the load balancer to their port.
resource "aws_ecs_service" "products" {
  # ...
  load_balancer {
    target_group_arn = privgw_internal_api.shop.target_groups["products"].arn
    container_name   = "products"
    container_port   = 3001
  }
}

resource "aws_vpc_security_group_ingress_rule" "products" {
  security_group_id            = aws_security_group.products.id
  referenced_security_group_id = privgw_internal_api.shop.nlb_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 3001
  to_port                      = 3001
}
