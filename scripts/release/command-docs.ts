import type { Command } from "commander";

/** The man page and the shell completion, both read from the command line itself, so that neither can tell another story. */
const visible = (command: Command) => command.commands.filter((it) => it.name() !== "help");
const words = (command: Command, before: string): [string, Command][] => {
  const name = `${before} ${command.name()}`.trim();
  return [[name, command], ...visible(command).flatMap((it) => words(it, name))];
};

const roff = (text: string) =>
  text
    .replace(/\\/g, "\\e")
    .replace(/^([.'])/gm, "\\&$1")
    .replace(/-/g, "\\-");

/** man(7), section 1. @param date of the release, YYYY-MM-DD */
export function manPage(program: Command, version: string, date: string): string {
  const commands = words(program, "").flatMap(([name, command]) =>
    command === program ||
    (visible(command).length > 0 && command.registeredArguments.length === 0 && name !== "relaypacs backup")
      ? []
      : [
          `.SS ${roff(`${name} ${usageOf(command)}`)}`,
          roff(command.description()),
          ...command.options.flatMap(({ flags, description }) => [".TP", `.B ${roff(flags)}`, roff(description)]),
        ],
  );
  return `${[
    `.TH RELAYPACS 1 ${date} "RelayPACS ${version}"`,
    ".SH NAME",
    "relaypacs \\- imaging studies from any device into the PACS",
    ".SH SYNOPSIS",
    ".B relaypacs",
    ".I command",
    "[options]",
    ".SH DESCRIPTION",
    roff(program.description()),
    ".SH COMMANDS",
    ...commands,
    ".SH EXIT STATUS",
    "0 done, 1 failed, 2 wrong usage or configuration.",
    ".SH FILES",
    ".TP",
    ".I /etc/relaypacs/relaypacs.toml",
    "The configuration, unless \\-\\-config or RELAYPACS_CONFIG names another one.",
    ".TP",
    ".I /var/lib/relaypacs",
    "Database, keys and studies under way, unless data_dir names another folder.",
    ".SH SIGNALS",
    "SIGTERM ends the server within 10 s; what is in flight goes on at the next start. SIGHUP reads certificate and configuration again.",
  ].join("\n")}\n`;
}

const usageOf = (command: Command) =>
  command.registeredArguments
    .map((it) => (it.required ? `<${it.name()}${it.variadic ? "..." : ""}>` : `[${it.name()}]`))
    .join(" ");

/** bash-completion: commands, their commands, and the options of the one that was typed. */
export function bashCompletion(program: Command): string {
  const cases = words(program, "").map(([name, command]) => {
    const offered = [...visible(command).map((it) => it.name()), ...command.options.flatMap(({ long }) => long ?? [])];
    return `    "${name}") words="${offered.join(" ")}" ;;`;
  });
  return `# Completion of relaypacs for bash; made from its command line.
_relaypacs() {
  local word at="relaypacs" words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) case " $(_relaypacs_words "$at") " in *" $word "*) at="$at $word" ;; esac ;; esac
  done
  COMPREPLY=($(compgen -W "$(_relaypacs_words "$at")" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_relaypacs_words() {
  local words=""
  case "$1" in
${cases.join("\n")}
  esac
  printf '%s' "$words"
}
complete -F _relaypacs relaypacs
`;
}
