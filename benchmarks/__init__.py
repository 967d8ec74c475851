"""The commands behind every figure on speed, memory and capacity. Each module says in its docstring how it is run.

bench/, peers/                         the service beside what one would use instead, and under more and more clients
hostile/                               clients that mean harm: what each attack costs, and what others get meanwhile
overload.py                            admission: callers that wait as they are told, what is refused, and the probe beside them
stops.py                               requests that the gateway's stops lose
gateway_cost.py, gateway_worker.py     what a picture and a worker cost the gateway
gateway_profile.py                     ... by stage, with profiled_gateway.py in gunicorn; metrics_cost.py has the metrics alone
time_to_tensor.py, smaller_scales.py   the preprocessing: time and memory, and what smaller scales change of the answers
resize.py, wide_gamut.py               ... the resizers side by side, and what reading color profiles changes of the answers
label_moves.py                         calls that a moving label loses
model_server.py, litert.py             the embedded model server, and LiteRT within it
capacity.py, capacity_simulation.py    what a load needs: by figures that the others measured
prepare.py, input_pipeline.py          the training
service.py, pictures.py, predict_request.py   what is started, and sent to it
"""
