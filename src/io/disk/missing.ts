/** What stands for something that is not there, in the place of the system's error. For `.catch`. */

/** @returns answers with `value` where there is no such file or folder. */
export function missingAs<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}

/** As `missingAs`, also where something on the way to it is no folder. */
export function absentAs<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => (error.code === 'ENOTDIR' ? value : missingAs(value)(error));
}
