extension LoopNest {
    /// Whether what is written may be the memory of what is read.
    var mayUpdate: Bool {
        buffers.indices.contains { written in
            switch buffers[written].role {
            case .input: false
            case .update: true
            case .output: buffers.indices.contains { mayUpdate(written, from: $0) }
            }
        }
    }

    /// Whether an output may be the memory of an input: every access to both has the same index.
    private func mayUpdate(_ output: Int, from input: Int) -> Bool {
        guard buffers[input].role == .input, buffers[input].count == buffers[output].count,
            buffers[input].type == buffers[output].type
        else { return false }
        let loads = values.compactMap { value -> Access? in
            if case .load(let access) = value.operation { access } else { nil }
        }
        let accesses = (loads + stages.flatMap { $0.stores.map(\.access) }).filter { [input, output].contains($0.buffer) }
        return accesses.allSatisfy { $0.index == accesses[0].index && $0.gathers == accesses[0].gathers }
    }
}
