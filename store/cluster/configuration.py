"""Settings of the private server and the SQL that completes a new cluster."""

from __future__ import annotations

import os

SUPERUSER = "gridward"
APP_ROLE = "gridward_app"
DATABASE = "gridward"

# Only the folder of the socket (0700) lets anyone in, so inside it nobody is asked for a password.
HBA = "local all all trust\n"

CREATE_ROLES = f"""
do $$ begin
  if not exists (select from pg_roles where rolname = '{APP_ROLE}') then
    create role {APP_ROLE} login nosuperuser nocreatedb nocreaterole;
  end if;
end $$;
alter role {APP_ROLE} set jit = off;
alter role {APP_ROLE} set max_parallel_workers_per_gather = 0;
alter role {APP_ROLE} set plan_cache_mode = force_custom_plan;
"""

CREATE_DATABASE = f"""
select 'create database {DATABASE} template template0 encoding ''UTF8'''
where not exists (select from pg_database where datname = '{DATABASE}') \\gexec
"""  # noqa: S608 - our own constants

COMPLETE_DATABASE = f"""
revoke connect, temporary on database {DATABASE} from public;
grant connect, temporary on database {DATABASE} to {APP_ROLE};
create extension if not exists postgis;
create extension if not exists btree_gist;
create extension if not exists pgcrypto;
"""


def server_settings(*, durable: bool = True) -> str:
    """Return the text of ``gridward.conf``: a small machine that other programs share.

    Parameters
    ----------
    durable : bool
        False trades safety on power loss for speed: throw-away test data only.

    Returns
    -------
    str
        Lines that ``postgresql.conf`` includes; a later line of that file wins over them.
    """
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    lines = {
        "listen_addresses": "''",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{min(512, max(32, memory_mb // 16))}MB",
        "effective_cache_size": f"{max(128, memory_mb // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{min(256, max(64, memory_mb // 16))}MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        # One file a weekday, overwritten a week later: the log cannot fill the disk.
        "logging_collector": "on",
        "log_directory": "'log'",
        "log_filename": "'postgresql-%a.log'",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_min_duration_statement": "2000",
        "lc_messages": "'C.UTF-8'",
    }
    if not durable:
        lines |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return "".join(f"{name} = {value}\n" for name, value in lines.items())
