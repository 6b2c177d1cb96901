#!/usr/bin/env bash
# Starts a Slurm of one node on this machine, for tests and for trying: munged, slurmctld and slurmd, without systemd or cgroups.
#   start-slurm.sh          installs slurm-wlm and munge with apt where they are missing (as root), starts what does not run
#   start-slurm.sh stop     ends the three daemons
set -euo pipefail
if [ "${1:-}" = stop ]; then
  scontrol shutdown >/dev/null 2>&1 || true
  if [ -f /run/munge/munged.pid ]; then kill "$(cat /run/munge/munged.pid)" 2>/dev/null || true; fi
  exit 0
fi
if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
  (apt-get update && apt-get install -y --no-install-recommends slurm-wlm munge) >/dev/null
fi
host=$(hostname -s)
install -d /etc/munge /etc/slurm /var/spool/slurm-test /var/spool/slurm-test/node
[ -s /etc/munge/munge.key ] || dd if=/dev/urandom of=/etc/munge/munge.key bs=1 count=1024 status=none
chown munge: /etc/munge/munge.key
chmod 400 /etc/munge/munge.key
install -d -o munge -g munge -m 755 /run/munge /var/log/munge /var/lib/munge
install -d -o slurm -g slurm /var/spool/slurm-test/controller /var/log/slurm /run/slurm
if ! munge -n 2>/dev/null | unmunge >/dev/null 2>&1; then
  su -s /bin/sh munge -c "/usr/sbin/munged --pid-file=/run/munge/munged.pid"
  for _ in $(seq 50); do munge -n 2>/dev/null | unmunge >/dev/null 2>&1 && break; sleep 0.1; done
fi
if ! sinfo >/dev/null 2>&1; then
  cat >/etc/slurm/slurm.conf <<C
ClusterName=test
SlurmctldHost=$host
SlurmUser=slurm
AuthType=auth/munge
StateSaveLocation=/var/spool/slurm-test/controller
SlurmdSpoolDir=/var/spool/slurm-test/node
SlurmctldPidFile=/run/slurm/slurmctld.pid
SlurmdPidFile=/run/slurm/slurmd.pid
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MaxArraySize=10001
MaxJobCount=20000
SlurmdParameters=config_overrides
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
C
  slurmctld || { tail -5 /var/log/slurm/slurmctld.log >&2; exit 1; }
  slurmd || { tail -5 /var/log/slurm/slurmd.log >&2; exit 1; }
  for _ in $(seq 100); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 0.2; done
fi
sinfo
