"""All checks, by name: test_overlays.py holds every cluster to them, test_broken.py sees each of them fail."""

import hardening
import images
import network
import numbers_fit
import wiring

CHECKS = {
    check.__name__: check
    for check in (
        wiring.selectors,
        wiring.service_ports,
        wiring.container_ports,
        wiring.probe_ports,
        wiring.references,
        wiring.gateway_finds_serving,
        wiring.ingress,
        wiring.who_reaches_whom,
        network.default_deny,
        network.policies_match,
        network.gateway_gets_out,
        hardening.namespace,
        hardening.no_tokens,
        hardening.pods,
        hardening.every_container,
        hardening.writable_folders,
        hardening.probes_and_resources,
        numbers_fit.quantities,
        numbers_fit.scaling,
        numbers_fit.prometheus_trigger,
        numbers_fit.disruption,
        numbers_fit.rollout,
        numbers_fit.endings,
        numbers_fit.gateway_s_size,
        images.tags,
        images.serving_command,
    )
}
