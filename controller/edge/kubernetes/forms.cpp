#include "edge/kubernetes/forms.h"

namespace roundhouse {

// clang-format off
const char* const pool_form = R"(# The pool.
# The agents follow an edit of it within 80 seconds, and no Pod restarts: replicas up to the number
# of slots, args, env, probes, times. A change of image, user, volumes, tmpfs, resources, ports,
# stopTimeout or gateways, and more slots, take another render: applying it replaces the Pods that
# differ, and their VPNs reconnect.
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{pool}}
  {{namespace}}
  labels:
    app.kubernetes.io/name: roundhouse
    app.kubernetes.io/instance: {{pool}}
data:
  engines.yaml: {{block}}
    {{text}}
)";

const char* const agents_form = R"(# All agents under one name.
# For balancers, and for `roundhouse get engines --server dns:{{agents}}:9190`.
apiVersion: v1
kind: Service
metadata:
  name: {{agents}}
  {{namespace}}
  labels:
    app.kubernetes.io/name: roundhouse
    app.kubernetes.io/instance: {{pool}}
spec:
  clusterIP: None
  # While Gluetun or the agent of a Pod restarts, the Pod is not ready, but its engines serve.
  publishNotReadyAddresses: true
  selector:
    app.kubernetes.io/name: roundhouse
    app.kubernetes.io/instance: {{pool}}
    app.kubernetes.io/component: gateway
  ports:
    - {name: api, port: 9190, targetPort: api}
)";

const char* const gateway_service_form = R"(# Where clients find the engines behind this gateway.
apiVersion: v1
kind: Service
metadata:
  name: {{gateway}}
  {{namespace}}
  labels:
    {{labels}}
spec:
  # While Gluetun or the agent restarts, the Pod is not ready, but its engines serve.
  publishNotReadyAddresses: true
  selector:
    {{labels}}
  ports:
    - {name: api, port: 9190, targetPort: api}
    - {name: balancer, port: 6878, targetPort: balancer}
    {{ports}}
)";

const char* const deployment_form = R"(# Gluetun, the agent and the slots.
# One Pod, one network, one VPN session. Do not scale it: two Pods would use one VPN key. More
# engines take more slots, or another gateway.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{gateway}}
  {{namespace}}
  labels:
    {{labels}}
spec:
  replicas: 1
  revisionHistoryLimit: 2
  # In a rollout the old Pod ends before the new one begins, as both have the same VPN key.
  strategy: {type: Recreate}
  selector:
    matchLabels:
      {{labels}}
  template:
    metadata:
      labels:
        {{labels}}
      annotations:
        kubectl.kubernetes.io/default-container: agent
        prometheus.io/scrape: "true"
        prometheus.io/port: "9190"
    spec:
      automountServiceAccountToken: false  # nothing in the Pod calls the Kubernetes API
      enableServiceLinks: false  # or a Service could set a variable that a container reads
      terminationGracePeriodSeconds: {{grace}}  # stopTimeout of an engine, and 5 seconds
      securityContext:
        seccompProfile: {type: RuntimeDefault}
      # failover.after, counted from when the node is known to be lost, which takes up to a minute.
      tolerations:
        - key: node.kubernetes.io/unreachable
          operator: Exists
          effect: NoExecute
          tolerationSeconds: {{toleration}}
        - key: node.kubernetes.io/not-ready
          operator: Exists
          effect: NoExecute
          tolerationSeconds: {{toleration}}
      # One gateway for each node, where there are enough nodes.
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: roundhouse
              app.kubernetes.io/instance: {{pool}}
              app.kubernetes.io/component: gateway
      initContainers:
        # Puts the holder into place and empties the slots, once for each network of the Pod.
        - name: install
          image: {{image}}
          imagePullPolicy: IfNotPresent
          command: [/usr/bin/hold, "--install", /rh, "--slots", /slots, "--count", "{{slots}}"]
          securityContext:
            {{own_security}}
          resources:
            requests: {cpu: 10m, memory: 16Mi}
            limits: {memory: 64Mi}
          volumeMounts:
            - {name: rh, mountPath: /rh}
            - {name: slots, mountPath: /slots}
        # A sidecar: until its startup probe has passed, neither the agent nor an engine starts.
        # When it restarts, the others keep running in the network that they share.
        - name: gluetun
          image: {{gluetun_image}}
          imagePullPolicy: IfNotPresent
          restartPolicy: Always
          # A Gluetun that was killed leaves its WireGuard rule in the Pod's network, and the next
          # one fails to add it ("file exists"). BusyBox finds the rule only by its priority.
          command:
            - /bin/sh
            - "-c"
            - |
              for family in -4 -6; do
                ip $family rule del table 51820 || ip $family rule del priority 101
              done 2>/dev/null
              exec /gluetun-entrypoint
          # The settings of the VPN: each key of the Secret is a variable of Gluetun.
          envFrom:
            - secretRef: {name: {{gateway}}}
          env:
            # Gluetun drops everything else that comes from outside the tunnel.
            - name: FIREWALL_INPUT_PORTS
              value: "{{input_ports}}"
            # Reached from inside the Pod only.
            - name: HTTP_CONTROL_SERVER_ADDRESS
              value: "127.0.0.1:{{control_port}}"
          securityContext:
            capabilities: {add: [NET_ADMIN]}
          startupProbe:
            exec: {command: [/gluetun-entrypoint, healthcheck]}
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 150
          # Gluetun reconnects by itself: only one that fails for five minutes is started again.
          livenessProbe:
            exec: {command: [/gluetun-entrypoint, healthcheck]}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 30
          resources:
            requests: {cpu: 50m, memory: 128Mi}
            limits:
              memory: 512Mi
              {{tun}}
        # Another sidecar. Without it the engines run on; hold starts it again after a second,
        # without the kubelet's back-off.
        - name: agent
          image: {{image}}
          imagePullPolicy: IfNotPresent
          restartPolicy: Always
          command:
            - /usr/bin/hold
            - "--supervise"
            - "--"
            - /usr/bin/roundhouse
            - agent
            - "-f"
            - /etc/roundhouse
            - "--slots"
            - /slots
            - "--gateway"
            - {{gateway}}
            - "--engine-image"
            - {{engine_image}}
            - "--made-for"
            - "{{made_for}}"
          env:
            - name: ROUNDHOUSE_LISTEN
              value: "0.0.0.0:9190"
            - name: ROUNDHOUSE_BALANCER_LISTEN
              value: "0.0.0.0:6878"
            # The names of the Services, under which the API answers.
            - name: ROUNDHOUSE_ALLOWED_HOSTS
              value: >-
                {{host_names}}
          ports:
            - {name: api, containerPort: 9190}
            - {name: balancer, containerPort: 6878}
          # By exec: Gluetun's firewall may drop a request of the kubelet.
          startupProbe:
            exec: {command: [/usr/bin/roundhouse, get, pool, "--quiet"]}
            periodSeconds: 1
            timeoutSeconds: 10
            failureThreshold: 60
          livenessProbe:
            exec: {command: [/usr/bin/roundhouse, get, pool, "--quiet"]}
            periodSeconds: 30
            timeoutSeconds: 10
            failureThreshold: 10
          securityContext:
            {{own_security}}
          resources:
            requests: {cpu: 20m, memory: 32Mi}
            limits: {memory: 128Mi}
          volumeMounts:
            - {name: slots, mountPath: /slots}
            # The folder: a file mounted by subPath would never change.
            - {name: pool, mountPath: /etc/roundhouse, readOnly: true}
            {{secret_mounts}}
      # The slots. In each, hold runs one engine as its child, or none, as the agent says. The agent
      # probes the engines: probes of the kubelet would restart whole containers.
      containers:
        {{engines}}
      volumes:
        - name: rh
          emptyDir: {sizeLimit: 16Mi}
        - name: slots
          emptyDir: {medium: Memory, sizeLimit: 16Mi}
        - name: pool
          configMap: {name: {{pool}}}
        {{secret_volumes}}
        {{volumes}}
)";

const char* const engine_form = R"(- name: engine-{{slot}}
  image: {{image}}
  imagePullPolicy: {{pull_policy}}
  command: [/rh/hold, "--slot", "{{slot}}"]
  ports:
    - {name: engine-{{slot}}, containerPort: {{port}}}
  securityContext:
    allowPrivilegeEscalation: false
    {{user}}
  resources:
    {{resources}}
  volumeMounts:
    - {name: rh, mountPath: /rh, readOnly: true}
    - {name: slots, mountPath: /slots/{{slot}}/w, subPath: {{slot}}/w, readOnly: true}
    - {name: slots, mountPath: /slots/{{slot}}/s, subPath: {{slot}}/s}
    {{mounts}}
)";
// clang-format on

}  // namespace roundhouse
