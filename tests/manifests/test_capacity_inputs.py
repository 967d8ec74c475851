"""benchmarks/capacity.py reckons with the pods that k8s/ runs."""

import re

from cluster import Cluster, containers
from numbers_fit import quantity

from benchmarks.capacity import Inputs, plan


def test_the_model_s_inputs_are_the_cluster_s(overlay_with):
    built, inputs = Cluster.build(overlay_with("gpu", ())), Inputs()
    settings = built.settings()
    [container] = containers(built.get("Deployment", "gateway"))
    assert inputs.gateway_cores == settings.workers == quantity(container["resources"]["requests"]["cpu"])
    assert inputs.gateway_threads == settings.workers * settings.threads
    [metric] = built.get("HorizontalPodAutoscaler", "gateway")["spec"]["metrics"]
    assert round(inputs.headroom * 100) == metric["resource"]["target"]["averageUtilization"]
    [age] = re.findall(r"max_connection_age_ms=(\d+)", built.serving_flags()["grpc_channel_arguments"])
    assert inputs.connection_seconds == int(age) / 1000


def test_the_cluster_as_it_stands_carries_a_thousand_pictures_a_second(overlay_with):
    built = Cluster.build(overlay_with("gpu", ()))
    wanted = plan(1000, Inputs())
    assert wanted.gateways <= built.replicas(built.get("Deployment", "gateway"))[1]
    assert wanted.servings <= built.replicas(built.get("Deployment", "serving"))[0]
