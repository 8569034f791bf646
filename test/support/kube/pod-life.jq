# What a fake pod does next. kube-up puts this text in front of every expression in
# stages.template that starts with LIFE; each stage there waits for one answer of "next".

# good, or how the pod misbehaves: said by an annotation on the pod, else by a word in an image's
# tag, set off by - . or _ so that "latest" is not "late"; a digest says nothing.
def behaviour:
  .metadata.annotations["muster.dev/behaviour"]
  // first(.spec.containers[].image | split("@")[0] | split("/")[-1] | split(":")[1] // ""
      | capture("(^|[-._])(?<word>bad|late|oom|missing|stuck|slow|linger)([-._]|$)").word)
  // "good";

# How long "slow" takes to become ready, "late" and "oom" to fail once they are, "linger" to end.
def patience($usual): .metadata.annotations["muster.dev/after"] // $usual;

def ready: any(.status.conditions[]?; .type == "Ready" and .status == "True");

def container: .status.containerStatuses[0] // {};

def next:
  behaviour as $how
  | if .metadata.deletionTimestamp then "delete"
    elif .status.phase == "Pending" and $how != "missing" then "start"
    elif .status.phase == "Pending" and (container.state.waiting | not) then "cannot-pull"
    elif .status.phase != "Running" then "nothing"
    elif container.state.waiting then "restart"
    elif $how == "bad" then "crash"
    elif $how == "late" and (ready or container.restartCount > 0) then "crash"
    elif $how == "oom" and ready then "crash"
    elif $how == "stuck" and ready then "lose-readiness"
    elif $how == "stuck" then "nothing"
    elif (ready | not) then "get-ready"
    elif any(.metadata.ownerReferences[]?; .kind == "Job") then "complete"
    else "nothing" end;
