package inside

const nativeMachine = 62
