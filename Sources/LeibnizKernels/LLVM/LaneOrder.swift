/// Which iterations of a loop the lanes of a vector stand for.
enum LaneOrder {
    /// Lane number i stands for iteration number i.
    case ascending
    /// 0, 1, 4, 5 in the lower half of eight lanes, 2, 3, 6, 7 in the upper one.
    ///
    /// One instruction brings every second number of two registers into this order, exchanging them within halves only. The other order
    /// would take a second one, across halves.
    case byHalves

    /// The iteration of each lane; also the lane of each iteration.
    func iterations(lanes: Int) -> [Int] {
        switch self {
        case .ascending: Array(0..<lanes)
        case .byHalves: (0..<lanes).map { lane in [0, 1, 4, 5, 2, 3, 6, 7][lane % 8] + lane / 8 * 8 }
        }
    }
}

extension NestEmitter {
    /// The lanes of a vector that is read or written in halves.
    private static let halvedLanes = 8

    /// The order of the lanes of a point on the axis that vectors run along.
    func order(_ loop: Schedule.Loop, active: Int) -> LaneOrder {
        loop.lanes == Self.halvedLanes && active == loop.lanes && readsEverySecond ? .byHalves : .ascending
    }

    /// Whether vectors along the outer axis are made of every second number alone, more of them than are written: only what is written
    /// is put in order then.
    func findsEverySecond() -> Bool {
        guard let axis = vectorAxis, builder.target.vectorBytes == 32, nest.sequential.isEmpty, schedule.packed.isEmpty,
            !schedule.splitsReduction, !schedule.outer.contains(where: \.joinsLanes)
        else { return false }
        func isSteady(_ bound: Bound) -> Bool { bound.index.stride(of: axis) == 0 }
        let stores = nest.stages.flatMap(\.stores)
        let areWritten = stores.allSatisfy { store in
            store.mode == .write && store.access.index.stride(of: axis) == 1 && store.access.gathers.isEmpty
                && store.access.bounds.allSatisfy(isSteady)
        }
        let loads = nest.values.compactMap { if case .load(let access) = $0.operation { access } else { nil } }
        let moving = loads.filter { access in
            access.index.stride(of: axis) != 0 || !access.gathers.isEmpty || !access.bounds.allSatisfy(isSteady)
        }
        let areEverySecond = moving.allSatisfy { access in
            access.index.stride(of: axis) == 2 && access.gathers.isEmpty
                && nest.buffers[access.buffer].type.byteCount == 4 && nest.buffers[access.buffer].role == .input
                && access.bounds.allSatisfy { [0, 2].contains($0.index.stride(of: axis)) }
        }
        let walk = nest.stages.map { $0.axes.reduce(1) { $0 * extents[$1] } }.max() ?? 1
        return areWritten && areEverySecond && moving.count * walk > stores.count
    }

    /// A value whose lanes are in order.
    func inOrder(_ value: Operand, _ point: Point) -> Operand {
        switch point.order {
        case .ascending: value
        case .byHalves:
            value.type.lanes == 1
                ? value : builder.shuffle(value, nil, point.order.iterations(lanes: value.type.lanes))
        }
    }
}
