// One function a command; each returns the exit code.
#pragma once
#include "cli/command_line.hpp"

namespace sonde::core::cli {

int execute(const RunArguments&);
int execute(const MergeArguments&);
int execute(const ValidateArguments&);
int execute(const PlanArguments&);
int execute(const ListArguments&);
int execute(const DescribeArguments&);
int execute(const SchemaArguments&);
int execute(const DiffArguments&);
int execute(const HistoryArguments&);
int execute(const DoctorArguments&);
int execute(const CreateArguments&);
int execute(const PluginNewArguments&);
int execute(const PluginCheckArguments&);

}  // namespace sonde::core::cli
